package host

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"kea-lockstep/sim/disk"
	"kea-lockstep/sim/shell"
)

// systemctl is what the scripts ask of it.
func (h *Host) systemctl(c *shell.Call) int {
	var words []string
	properties, quiet := "", false
	for _, a := range c.Args[1:] {
		switch {
		case a == "--quiet":
			quiet = true
		case strings.HasPrefix(a, "--property="):
			properties = strings.TrimPrefix(a, "--property=")
		case a == "--plain" || a == "--no-legend" || a == "--state=active":
		case strings.HasPrefix(a, "-"):
			return c.Unknown("the option " + a)
		default:
			words = append(words, a)
		}
	}
	if len(words) == 0 {
		return c.Unknown("systemctl without a command")
	}
	units := words[1:]
	switch words[0] {
	case "show":
		return h.show(c, strings.Split(properties, ","), units)
	case "is-active":
		return h.isActive(c, units, quiet)
	case "list-units":
		for _, u := range units {
			if h.active(u) == "active" {
				fmt.Fprintln(c.Out(), u, "loaded active running")
			}
		}
		return 0
	case "daemon-reload":
		return 0
	case "start", "stop", "mask", "unmask", "enable", "disable":
		for _, u := range units {
			if status := h.change(c, words[0], u); status != 0 {
				return status
			}
		}
		return 0
	}
	return c.Unknown("systemctl " + words[0])
}

func (h *Host) show(c *shell.Call, properties, units []string) int {
	for i, name := range units {
		if i > 0 {
			fmt.Fprintln(c.Out())
		}
		pid := 0
		for _, d := range h.world.Daemons() {
			if d.Unit == name {
				pid = d.PID
			}
		}
		values := map[string]string{"Id": name, "ActiveState": h.active(name), "UnitFileState": h.fileState(name), "MainPID": strconv.Itoa(pid)}
		for _, p := range properties {
			value, known := values[p]
			if !known {
				return c.Unknown("the property " + p)
			}
			fmt.Fprintf(c.Out(), "%s=%s\n", p, value)
		}
	}
	return 0
}

// present reports whether a unit has a file.
func (h *Host) present(name string) bool {
	_, err := h.disk.Stat("/usr/lib/systemd/system/"+name, true)
	return err == nil
}

func (h *Host) masked(name string) bool {
	info, err := h.disk.Stat(unitDir+name, true)
	return err == nil && info.Kind == disk.Null
}

func (h *Host) fileState(name string) string {
	_, err := h.disk.Stat(wantsDir+name, false)
	switch {
	case h.masked(name):
		return "masked"
	case !h.present(name):
		return ""
	case err == nil:
		return "enabled"
	}
	return "disabled"
}

func (h *Host) active(name string) string {
	if u, ok := h.world.Unit(name); ok && h.present(name) {
		return u.Active
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range h.tasks {
		if t.unit == name {
			return "active"
		}
	}
	if h.timers[name] {
		return "active"
	}
	return "inactive"
}

func (h *Host) isActive(c *shell.Call, units []string, quiet bool) int {
	status := 3
	for _, u := range units {
		state := h.active(strings.TrimSuffix(u, ".service") + suffix(u))
		if state == "active" {
			status = 0
		}
		if !quiet {
			fmt.Fprintln(c.Out(), state)
		}
	}
	return status
}

// suffix is what a unit's name ends in, .service where it has none.
func suffix(unit string) string {
	if strings.HasSuffix(unit, ".timer") {
		return ""
	}
	return ".service"
}

func (h *Host) change(c *shell.Call, verb, name string) int {
	var err error
	switch verb {
	case "mask":
		if !h.masked(name) {
			err = h.disk.Symlink("/dev/null", unitDir+name)
		}
		h.world.Mask(name, true)
	case "unmask":
		if h.masked(name) {
			err = h.disk.Remove(unitDir+name, false, false)
		}
		h.world.Mask(name, false)
	case "enable", "disable":
		h.world.Enable(name, verb == "enable")
		_, at := h.disk.Stat(wantsDir+name, false)
		if verb == "enable" && at != nil {
			err = h.disk.Symlink("/usr/lib/systemd/system/"+name, wantsDir+name)
		} else if verb == "disable" && at == nil {
			err = h.disk.Remove(wantsDir+name, false, false)
		}
	case "stop":
		if slices.Contains([]string{"apt-daily.timer", "apt-daily-upgrade.timer"}, name) {
			h.timer(name, false)
		}
		h.world.Stop(name)
	case "start":
		return h.startUnit(c, name)
	}
	if err != nil {
		return c.Fail(1, "%v", err)
	}
	return 0
}

func (h *Host) timer(name string, on bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.timers[name] = on
}

func (h *Host) startUnit(c *shell.Call, name string) int {
	if strings.HasSuffix(name, ".timer") {
		h.timer(name, true)
		return 0
	}
	switch {
	case h.masked(name):
		return c.Fail(1, "Failed to start %s: Unit %s is masked.", name, name)
	case !h.present(name):
		return c.Fail(5, "Failed to start %s: Unit %s not found.", name, name)
	}
	// A condition that does not hold is no failure.
	if _, err := h.disk.Stat(unitDir+name+".d/kea-lockstep.conf", true); err == nil {
		return 0
	}
	config, err := h.disk.Read(configPath)
	if err != nil {
		return c.Fail(1, "%v", err)
	}
	if h.fault("start") {
		return c.Fail(1, "Job for %s failed because the control process exited with error code (as was asked for).", name)
	}
	if err := h.world.Start(name, string(config)); err != nil {
		return c.Fail(1, "Job for %s failed because the control process exited with error code: %v", name, err)
	}
	return 0
}

// systemdRun runs a command in a unit of its own: waited for, with the caller's streams, or by itself.
func (h *Host) systemdRun(c *shell.Call) int {
	unit, waits := "run.service", false
	var properties []string
	rest := c.Args[1:]
	for ; len(rest) > 0 && strings.HasPrefix(rest[0], "-"); rest = rest[1:] {
		switch a := rest[0]; {
		case strings.HasPrefix(a, "--unit="):
			unit = strings.TrimPrefix(a, "--unit=") + ".service"
		case a == "--wait":
			waits = true
		case strings.HasPrefix(a, "--property="):
			properties = append(properties, strings.TrimPrefix(a, "--property="))
		case a == "--quiet" || a == "--collect" || a == "--pipe" || strings.HasPrefix(a, "--description=") || a == "--service-type=exec":
		default:
			return c.Unknown("the option " + a)
		}
	}
	if len(rest) == 0 {
		return c.Unknown("systemd-run without a command")
	}
	if len(rest) == 7 && rest[0] == "sh" && rest[1] == "-c" {
		return h.beside(c, properties, rest[4:])
	}
	run, _ := h.Program(rest[0])
	if run == nil {
		return c.Fail(1, "Failed to find executable %s: no such file or directory", rest[0])
	}
	t, ctx, done := h.start(unit, rest)
	inner := &shell.Call{Ctx: ctx, Args: rest, Env: map[string]string{"PATH": strings.Join(directories, ":")}, Dir: "/", Umask: 0o022, PID: t.pid}
	if waits {
		defer done()
		inner.Files = c.Files
		return run(inner)
	}
	null, err := h.disk.Open("/dev/null", os.O_RDWR, 0)
	if err != nil {
		done()
		return c.Fail(1, "%v", err)
	}
	stream := shell.OfFile(null)
	inner.Files = map[int]*shell.Stream{0: stream, 1: stream.Share(), 2: stream.Share()}
	go func() {
		defer done()
		run(inner)
	}()
	return 0
}

// journalctl gives what a daemon said since its start.
func (h *Host) journalctl(c *shell.Call) int {
	pid := 0
	for _, a := range c.Args[1:] {
		number, ok := strings.CutPrefix(a, "_PID=")
		switch {
		case ok:
			pid, _ = strconv.Atoi(number)
		case slices.Contains([]string{"--quiet", "--no-pager", "--boot", "--output=cat", "--lines=400"}, a):
		default:
			return c.Unknown("the option " + a)
		}
	}
	for _, d := range h.world.Daemons() {
		if d.PID == pid {
			fmt.Fprintf(c.Out(), "INFO  [kea-dhcp4.dhcp4/%d.1] DHCP4_STARTING Kea DHCPv4 server version %s starting\n", pid, d.Version)
			fmt.Fprintf(c.Out(), "INFO  [kea-dhcp4.dhcp4/%d.1] DHCP4_STARTED Kea DHCPv4 server version %s started\n", pid, d.Version)
		}
	}
	return 0
}
