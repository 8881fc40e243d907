package world

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator"
)

const (
	configPath = "/etc/kea/kea-dhcp4.conf"
	hooksDir   = "/usr/lib/x86_64-linux-gnu/kea/hooks"
	unitName   = "kea-dhcp4-server.service"
)

// server is one machine.
type server struct {
	name      string
	address   string
	boots     int
	away      bool // powered off, booting, or cut off from us
	uses      []*database
	units     []*unit
	processes []process
	installed release
	moved     time.Time // when somebody moved it to another release behind our back
	half      bool      // a package run was cut off
	config    string
	kept      map[string]string // the configuration before it was replaced, by the run that did
	staged    string
	stagedFor string // the run
	fetched   []string
	claim     fleet.Claim
	since     time.Time      // when the run that holds it came
	plan      []byte         // in its marker
	over      map[string]int // the epoch that ended each run that is over here
	jobs      map[string]*job
	held      []string
	managers  []string
	admins    []int // pids of kea-admin started by hand
	rooms     map[orchestrator.RehearsalID]*room
	rejects   string // why a target's binary refuses the configuration
}

type unit struct {
	name    string
	daemon  kea.DaemonKind
	masked  bool
	enabled bool
	active  string
	fence   string
	problem string
}

// process is one daemon that runs.
type process struct {
	pid     int
	daemon  kea.DaemonKind
	unit    string // empty: by hand
	version kea.Version
	started time.Time
	// late: a stranger started it while a migration or a restore was under way. That moment is the stranger's; seeing and stopping it is ours.
	late  bool
	alone bool // it holds no session
	// paired: it has met its High Availability partner since it was started.
	paired bool
}

func (p process) expects(e kea.Engine) kea.Schema {
	schema, _ := kea.Expected(p.version, e)
	return schema
}

// starter is who starts a daemon. What a stranger starts against the wrong schema is no act of ours.
type starter string

const (
	byUs       starter = "we started it"
	byBoot     starter = "it started at boot"
	byPackage  starter = "its package started it"
	byStranger starter = "a stranger started it"
)

// addressOf is a server's own address: of the documentation's network while that has room before the stranger's, then of the one for
// measurements (RFC 2544).
func addressOf(number int) string {
	if number <= 60 {
		return fmt.Sprintf("192.0.2.%d", 10+number)
	}
	return fmt.Sprintf("198.18.%d.%d", number>>8, number&255)
}

func (w *World) newServer(number int, uses []*database) *server {
	s := &server{
		name: fmt.Sprintf("k%d", number), address: addressOf(number), boots: 1, uses: uses,
		installed: w.releases[0], jobs: map[string]*job{}, over: map[string]int{}, kept: map[string]string{}, rooms: map[orchestrator.RehearsalID]*room{},
	}
	s.units = []*unit{
		{name: unitName, daemon: kea.DHCP4, enabled: true, active: "inactive"},
		{name: "kea-dhcp6-server.service", daemon: kea.DHCP6, active: "inactive"},
	}
	s.config = configText(uses, w.releases[0].version)
	return s
}

// configText is a configuration that names the databases and, where the release needs it, the hook.
func configText(uses []*database, v kea.Version) string {
	parts := []string{}
	keys := []string{"lease-database", "hosts-database"}
	for i, d := range uses {
		parts = append(parts, fmt.Sprintf("    \"%s\": { \"type\": \"%s\", \"name\": \"%s\", \"host\": \"%s\", \"user\": \"kea\", \"password\": \"model\" }",
			keys[i], d.engine, d.name, d.host))
	}
	text := "{\n  \"Dhcp4\": {\n" + strings.Join(parts, ",\n") + "\n  }\n}\n"
	parsed, err := kea.ReadConfig(configPath, []byte(text), nil)
	if err != nil {
		panic(fmt.Sprintf("world: %v", err))
	}
	if engines := kea.NeedsHook(parsed, v); len(engines) > 0 {
		withHook, _, err := kea.AddDatabaseHook([]byte(text), engines, hooksDir)
		if err != nil {
			panic(fmt.Sprintf("world: %v", err))
		}
		text = string(withHook)
	}
	return text
}

// start starts a unit as systemd would, and lets the daemon decide whether it can serve.
func (w *World) start(s *server, u *unit, by starter) {
	if u.masked || u.fence != "" || u.active == "active" {
		return
	}
	why := w.refuses(s)
	for _, p := range s.processes {
		if p.unit == "" && p.daemon == u.daemon {
			why = fmt.Sprintf("%s already running? (PID %d)", p.daemon, p.pid)
		}
	}
	if why != "" {
		if by != byStranger && strings.HasPrefix(why, "schema") && !s.justMoved() {
			w.violate("Kea %s on %s was started against a schema it does not expect (%s): %s", s.installed.version, s.name, by, why)
		}
		u.active, u.problem = "failed", why
		return
	}
	u.active, u.problem = "active", ""
	w.run(s, u.name, u.daemon)
	if by != byStranger {
		s.processes[len(s.processes)-1].late = false
		w.check(string(by))
	}
}

// run starts a daemon process with the binary that is installed.
func (w *World) run(s *server, unit string, daemon kea.DaemonKind) {
	w.pids++
	s.processes = append(s.processes, process{
		pid: w.pids, daemon: daemon, unit: unit, version: s.installed.version, started: time.Now(), late: w.changing(),
	})
	w.pair(s)
	for _, d := range s.uses {
		d.write() // a Kea that runs writes
	}
}

// refuses says why the installed daemon would not serve with its configuration and databases.
func (w *World) refuses(s *server) string {
	parsed, err := kea.ReadConfig(configPath, []byte(s.config), nil)
	if err != nil {
		return err.Error()
	}
	if len(kea.NeedsHook(parsed, s.installed.version)) > 0 {
		return "has not been compiled with support for lease database type"
	}
	if len(parsed.Hooks) > 0 && len(kea.NeedsHook(kea.Config{Databases: parsed.Databases}, s.installed.version)) == 0 {
		return "library does not exist"
	}
	for _, d := range s.uses {
		if d.away {
			return "Unable to open database: Lost connection"
		}
		if expects, _ := kea.Expected(s.installed.version, d.engine); expects != d.schema {
			return fmt.Sprintf("schema version mismatch: expected version: %s, found version: %s", expects, d.schema)
		}
	}
	return ""
}

func (s *server) stop(u *unit) {
	s.processes = slices.DeleteFunc(s.processes, func(p process) bool { return p.unit == u.name })
	u.active = "inactive"
}

// boot brings a server up again: jobs are gone, and what is enabled and not masked starts.
func (w *World) boot(s *server) {
	s.boots++
	s.away = false
	s.processes, s.admins = nil, nil
	for _, j := range s.jobs {
		j.lose()
	}
	for _, u := range s.units {
		u.active = "inactive"
		if u.enabled {
			w.start(s, u, byBoot)
		}
	}
}

func (s *server) unit(name string) *unit {
	i := slices.IndexFunc(s.units, func(u *unit) bool { return u.name == name })
	if i < 0 {
		return nil
	}
	return s.units[i]
}

func (s *server) files() map[string]string {
	return map[string]string{configPath: orchestrator.Digest([]byte(s.config))}
}

func (s *server) stagedFiles() map[string]string {
	if s.staged == "" {
		return nil
	}
	return map[string]string{s.stagedFor + ":" + configPath: orchestrator.Digest([]byte(s.staged))}
}
