package host

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"kea-lockstep/internal/kea"
	"kea-lockstep/internal/world"
	"kea-lockstep/sim/disk"
)

const (
	unitName   = "kea-dhcp4-server.service"
	configPath = "/etc/kea/kea-dhcp4.conf"
	socketPath = "/run/kea/kea4-ctrl-socket"
	unitDir    = "/etc/systemd/system/"
	wantsDir   = unitDir + "multi-user.target.wants/"
	hooksDir   = "/usr/lib/x86_64-linux-gnu/kea/hooks/"
	scriptsDir = "/usr/share/kea/scripts/mysql/"
)

const unitFile = `[Unit]
Description=Kea IPv4 DHCP daemon (simulated)

[Service]
User=_kea
ExecStart=/usr/sbin/kea-dhcp4 -c ` + configPath + `

[Install]
WantedBy=multi-user.target
`

const release = `PRETTY_NAME="Debian GNU/Linux 13 (simulated)"
NAME="Debian GNU/Linux"
ID=debian
VERSION_ID="13"
`

// furnish puts files where Debian and its Kea have them.
func (h *Host) furnish(config string) error {
	for name, content := range map[string]string{
		"/etc/os-release":                     release,
		configPath:                            config,
		"/usr/lib/systemd/system/" + unitName: unitFile,
	} {
		if err := h.disk.Write(name, content, 0o640); err != nil {
			return fmt.Errorf("furnishing %s: %w", h.Name, err)
		}
	}
	for _, dir := range []string{"/tmp", "/run/systemd/system", "/run/kea", "/var/lib/dpkg/updates", "/var/backups", "/usr/sbin", "/root", wantsDir} {
		if err := h.disk.Mkdir(dir, 0o755, true); err != nil {
			return fmt.Errorf("furnishing %s: %w", h.Name, err)
		}
	}
	if err := h.disk.Symlink("/usr/lib/systemd/system/"+unitName, wantsDir+unitName); err != nil {
		return fmt.Errorf("furnishing %s: %w", h.Name, err)
	}
	for name, made := range map[string]*disk.Node{
		"/proc":                disk.MadeDir(h.processes),
		"/var/lib/dpkg/status": disk.MadeFile(h.dpkgStatus),
		"/sys":                 tree("fs", "cgroup", "system.slice", disk.MadeDir(h.groups)),
	} {
		if err := h.disk.Mount(name, made); err != nil {
			return fmt.Errorf("furnishing %s: %w", h.Name, err)
		}
	}
	return h.unpack()
}

// dpkgStatus is dpkg's own list, as far as the scripts ask for it.
func (h *Host) dpkgStatus() []byte {
	state := "installed"
	if h.world.Half() {
		state = "half-configured"
	}
	return []byte("Package: kea-dhcp4-server\nStatus: install ok " + state + "\n")
}

// tree puts a node below directories of their own.
func tree(a, b, c string, n *disk.Node) *disk.Node {
	for _, name := range []string{c, b, a} {
		below := map[string]*disk.Node{name: n}
		n = disk.MadeDir(func() map[string]*disk.Node { return below })
	}
	return n
}

// unpack makes the files of the Kea that is installed.
func (h *Host) unpack() error {
	version, _, expects := h.world.Installed()
	if err := h.disk.Mkdir(scriptsDir, 0o755, true); err != nil {
		return fmt.Errorf("unpacking Kea on %s: %w", h.Name, err)
	}
	old, err := h.disk.List(scriptsDir)
	if err != nil {
		return fmt.Errorf("unpacking Kea on %s: %w", h.Name, err)
	}
	for _, one := range old {
		if err := h.disk.Remove(scriptsDir+one.Name, false, false); err != nil {
			return fmt.Errorf("unpacking Kea on %s: %w", h.Name, err)
		}
	}
	files := map[string]string{"/usr/sbin/kea-dhcp4": "kea-dhcp4 " + version.String() + "\n", "/usr/sbin/kea-admin": "kea-admin\n"}
	for _, name := range upgradeScripts(expects) {
		files[scriptsDir+name] = "#!/bin/sh\n"
	}
	if v, err := kea.ParseVersion("2.7.4"); err == nil && version.Compare(v) >= 0 {
		files[hooksDir+"libdhcp_mysql.so"] = "a hook library\n"
	} else {
		files[hooksDir+"libdhcp_lease_cmds.so"] = "a hook library\n"
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := h.disk.Write(name, files[name], 0o755); err != nil {
			return fmt.Errorf("unpacking Kea on %s: %w", h.Name, err)
		}
	}
	return nil
}

// upgradeScripts names the scripts of kea-admin that lead to a schema, from those that the model starts from.
func upgradeScripts(to kea.Schema) []string {
	names := []string{"upgrade_020_to_021.sh", "upgrade_021_to_022.sh", "upgrade_022.0_to_022.1.sh", "upgrade_022.1_to_022.2.sh"}
	for major := 22; major < to.Major; major++ {
		names = append(names, upgradeScript(kea.Schema{Major: major}, kea.Schema{Major: major + 1}))
	}
	return names
}

// upgradeScript is what kea-admin calls the script that leads from one schema to the next: by whole numbers, but within one.
func upgradeScript(from, to kea.Schema) string {
	if from.Major == to.Major {
		return fmt.Sprintf("upgrade_%03d.%d_to_%03d.%d.sh", from.Major, from.Minor, to.Major, to.Minor)
	}
	return fmt.Sprintf("upgrade_%03d_to_%03d.sh", from.Major, to.Major)
}

// processes makes /proc.
func (h *Host) processes() map[string]*disk.Node {
	text := func(s string) *disk.Node { return disk.MadeFile(func() []byte { return []byte(s) }) }
	all := map[string]*disk.Node{"sys": tree("kernel", "random", "boot_id", text(h.world.BootID()+"\n"))}
	add := func(pid int, name, unit string, started int64, command []string) {
		slice := "/system.slice/" + unit
		if unit == "" {
			slice = "/user.slice"
		}
		fields := map[string]*disk.Node{
			"comm":    text(name + "\n"),
			"cmdline": text(strings.Join(command, "\x00") + "\x00"),
			"cgroup":  text("0::" + slice + "\n"),
			"stat":    text(fmt.Sprintf("%d (%s) S 1%s %d 0 0\n", pid, name, strings.Repeat(" 0", 17), started)),
		}
		all[strconv.Itoa(pid)] = disk.MadeDir(func() map[string]*disk.Node { return fields })
	}
	for _, d := range h.world.Daemons() {
		add(d.PID, string(d.Kind), d.Unit, d.Started.UnixMilli(), commandOf(d))
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range h.tasks {
		add(t.pid, t.name, t.unit, t.started.UnixMilli(), t.command)
	}
	return all
}

func commandOf(d world.Daemon) []string {
	return []string{"/usr/sbin/" + string(d.Kind), "-c", configPath}
}

// groups makes the control groups: one for each unit that runs.
func (h *Host) groups() map[string]*disk.Node {
	all := map[string]*disk.Node{}
	group := func() *disk.Node { return disk.MadeDir(func() map[string]*disk.Node { return nil }) }
	for _, d := range h.world.Daemons() {
		all[d.Unit] = group()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range h.tasks {
		all[t.unit] = group()
	}
	delete(all, "")
	return all
}
