package host

import (
	"cmp"
	"fmt"
	"path"
	"strings"
	"time"

	"kea-lockstep/internal/kea"
	"kea-lockstep/sim/shell"
)

// dpkgDeb is "dpkg-deb -x FILE DIRECTORY": of each package, the program that it is there for; of kea-admin, the script that leads to its schema.
func (h *Host) dpkgDeb(c *shell.Call) int {
	if len(c.Args) != 4 || c.Args[1] != "-x" {
		return c.Unknown("this use of dpkg-deb")
	}
	part := strings.Split(path.Base(c.Args[2]), "_")
	if _, err := h.disk.Stat(c.Path(c.Args[2]), true); err != nil || len(part) != 3 {
		return c.Fail(2, "cannot access archive '%s'", c.Args[2])
	}
	program := map[string]string{"kea-admin": "kea-admin", "kea-dhcp4-server": "kea-dhcp4"}[part[0]]
	if program == "" {
		return 0
	}
	files := []string{"/usr/sbin/" + program}
	if expects, ok := kea.Expected(kea.OfPackage(part[1]), kea.MySQL); ok && program == "kea-admin" {
		files = append(files, scriptsDir+upgradeScript(kea.Schema{Major: expects.Major - 1}, expects))
	}
	for _, file := range files {
		file = path.Join(c.Path(c.Args[3]), file)
		err := h.disk.Mkdir(path.Dir(file), 0o755, true)
		if err == nil {
			err = h.disk.Write(file, part[1]+"\n", 0o755) // what it is of
		}
		if err != nil {
			return c.Fail(2, "%v", err)
		}
	}
	return 0
}

// unpackedVersion is what an unpacked program is of.
func (h *Host) unpackedVersion(file string) (kea.Version, error) {
	text, err := h.disk.Read(file)
	return kea.OfPackage(strings.TrimSpace(string(text))), err
}

// unshare is "unshare --mount sh -c TEXT sh THEIRS TODAYS kea-admin db-upgrade mysql ...": the unpacked kea-admin, on a scratch database.
func (h *Host) unshare(c *shell.Call) int {
	if len(c.Args) < 11 || c.Args[1] != "--mount" || c.Args[8] != "kea-admin" || c.Args[9] != "db-upgrade" {
		return c.Unknown("this use of unshare")
	}
	root, ok := strings.CutSuffix(c.Args[6], c.Args[7])
	version, err := h.unpackedVersion(path.Join(root, "usr/sbin/kea-admin"))
	if !ok || err != nil {
		return c.Fail(1, "mount point does not exist: %s %v", c.Args[6], err)
	}
	options := map[string]string{}
	for rest := c.Args[11:]; len(rest) > 1; rest = rest[2:] {
		options[rest[0]] = rest[1]
	}
	s, port, err := h.login(c, options["-u"], c.Env["KEA_ADMIN_DB_PASSWORD"], options["-n"])
	if err != nil {
		fmt.Fprintln(c.Err(), err)
		return 1
	}
	defer port()
	defer s.Close()
	target, _ := kea.Expected(version, kea.MySQL)
	fmt.Fprintf(c.Out(), "Processing %s file...\n", path.Join(cmp.Or(options["-d"], c.Args[7]), "mysql", upgradeScript(kea.Schema{Major: target.Major - 1}, target)))
	if err := h.base.Climb(options["-n"], target, h.all.Speed().Migrate); err != nil {
		fmt.Fprintln(c.Err(), err)
		return 1
	}
	fmt.Fprintln(c.Out(), "Schema version reported after upgrade:", target)
	return 0
}

// there is where a test beside the daemon finds the unpacked packages.
const there = "/tmp/kea-lockstep"

// beside lets an unpacked kea-dhcp4 test a configuration in a unit that has files laid over others: program, flag and configuration.
func (h *Host) beside(c *shell.Call, properties, command []string) int {
	over := map[string]string{}
	for _, p := range properties {
		if bind, ok := strings.CutPrefix(p, "BindReadOnlyPaths="); ok {
			from, to, _ := strings.Cut(bind, ":")
			over[to] = from
		}
	}
	version, err := h.unpackedVersion(path.Join(over[there], strings.TrimPrefix(command[0], there)))
	if err != nil {
		return c.Fail(203, "%v", err)
	}
	fmt.Fprintln(c.Out(), "@tested")
	file := command[2]
	if from, ok := over[file]; ok {
		file = from
	}
	text, err := h.disk.Read(file)
	if err != nil {
		return c.Fail(1, "%v", err)
	}
	time.Sleep(h.all.Speed().Command)
	if why := h.refused(text, version, command[1] == "-T"); why != "" {
		fmt.Fprintln(c.Out(), "Error encountered:", why)
		return 1
	}
	return 0
}

// refused is why a version refuses a configuration: with -T, by its databases too.
func (h *Host) refused(text []byte, version kea.Version, deep bool) string {
	parsed, err := kea.ReadConfig(configPath, text, nil)
	switch {
	case err != nil:
		return err.Error()
	case !deep:
		return ""
	case len(kea.NeedsHook(parsed, version)) > 0:
		return "has not been compiled with support for lease database type"
	}
	for _, ref := range parsed.Databases {
		expects, _ := kea.Expected(version, kea.MySQL)
		if now, ok := h.base.Schema(ref.Name); !ok || now != expects {
			return fmt.Sprintf("MySQL schema version mismatch: expected version: %s, found version: %s", expects, now)
		}
	}
	return ""
}
