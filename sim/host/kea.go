package host

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"path"
	"strings"
	"time"

	"kea-lockstep/internal/kea"
	"kea-lockstep/internal/world"
	"kea-lockstep/sim/shell"
)

// dhcp4 is the installed kea-dhcp4, for its version and for the test of a configuration.
func (h *Host) dhcp4(c *shell.Call) int {
	version, pkg, expects := h.world.Installed()
	if len(c.Args) == 2 && c.Args[1] == "-v" {
		fmt.Fprintln(c.Out(), version)
		return 0
	}
	if len(c.Args) == 2 && c.Args[1] == "-V" {
		fmt.Fprintln(c.Out(), extended(version, pkg, expects))
		return 0
	}
	if len(c.Args) != 3 || c.Args[1] != "-t" && c.Args[1] != "-T" {
		return c.Unknown("this use of kea-dhcp4")
	}
	config, err := h.disk.Read(c.Path(c.Args[2]))
	if err != nil {
		return c.Fail(1, "%v", err)
	}
	if why := h.world.Test(string(config)); why != "" {
		fmt.Fprintf(c.Err(), "ERROR [kea-dhcp4.dhcp4/%d.1] DHCP4_CONFIG_LOAD_FAIL configuration error using file: %s, reason: %s\n", c.PID, c.Args[2], why)
		fmt.Fprintln(c.Err(), "Error encountered:", why)
		return 1
	}
	return 0
}

func extended(v kea.Version, pkg string, expects kea.Schema) string {
	return fmt.Sprintf("%s (%s)\nbackends:\n- MySQL backend %s, library 3.4.5", v, pkg, expects)
}

// control answers on the control socket of the daemon that runs.
func (h *Host) control(socket string) (net.Conn, error) {
	daemons := h.world.Daemons()
	if socket != socketPath || len(daemons) == 0 {
		return nil, fmt.Errorf("connect to %s: connection refused", socket)
	}
	near, far := net.Pipe()
	go func() {
		defer far.Close()
		var asked struct{ Command string }
		if json.NewDecoder(far).Decode(&asked) != nil {
			return
		}
		_ = json.NewEncoder(far).Encode(answer(asked.Command, daemons[0], h.installedPackage())) // the asker may be gone
	}()
	return near, nil
}

func (h *Host) installedPackage() string {
	_, pkg, _ := h.world.Installed()
	return pkg
}

func answer(command string, d world.Daemon, pkg string) map[string]any {
	switch command {
	case "version-get":
		return map[string]any{"result": 0, "text": d.Version.String(), "arguments": map[string]any{"extended": extended(d.Version, pkg, d.Expects)}}
	case "status-get":
		return map[string]any{"result": 0, "arguments": map[string]any{
			"pid": d.PID, "uptime": int(time.Since(d.Started).Seconds()), "reload": int(time.Since(d.Started).Seconds()),
			"sockets": map[string]any{"status": "ready"}, "dhcp-state": map[string]any{"globally-disabled": false},
		}}
	}
	return map[string]any{"result": 2, "text": fmt.Sprintf("'%s' command not supported.", command)}
}

// keaAdmin migrates the database: kea-admin db-upgrade mysql -h ... -n NAME.
func (h *Host) keaAdmin(c *shell.Call) int {
	if len(c.Args) < 3 || c.Args[1] != "db-upgrade" || c.Args[2] != "mysql" {
		return c.Unknown("this use of kea-admin")
	}
	options := map[string]string{}
	for rest := c.Args[3:]; len(rest) > 0; rest = rest[2:] {
		if len(rest) < 2 || !strings.Contains("-h -P -u -n -x -d", rest[0]) {
			return c.Unknown("the option " + rest[0])
		}
		options[rest[0]] = rest[1]
	}
	_, ctx, done := h.start(h.unitOf(c.PID), append([]string{"/usr/sbin/kea-admin"}, c.Args[1:]...))
	defer done()
	defer context.AfterFunc(c.Ctx, done)()
	s, port, err := h.login(c, options["-u"], c.Env["KEA_ADMIN_DB_PASSWORD"], options["-n"])
	if err != nil {
		fmt.Fprintln(c.Err(), err)
		return 1
	}
	defer port()
	defer s.Close()
	var killed time.Time
	if h.fault("migrate") {
		speed := h.all.Speed()
		killed = time.Now().Add(speed.Admin + speed.Migrate*2/3)
	}
	alive := func() bool { return ctx.Err() == nil && (killed.IsZero() || time.Now().Before(killed)) }
	err = h.world.Migrate(options["-n"], alive, func(from, to kea.Schema) {
		fmt.Fprintf(c.Out(), "Processing %s file...\n", path.Join(cmp.Or(options["-d"], scriptsDir+".."), "mysql", upgradeScript(from, to)))
	})
	switch {
	case !alive():
		fmt.Fprintln(c.Err(), "Killed")
		return 137
	case err != nil:
		fmt.Fprintln(c.Err(), err)
		return 1
	}
	return 0
}
