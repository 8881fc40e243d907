package fleet

import (
	"time"

	"kea-lockstep/internal/kea"
)

// Facts is what the fleet is, as seen at one time. Servers stand in the order of the fleet file, databases in the order of
// their IDs. What is only measured (rows, bytes, clocks) is marked so; it is shown and never hashed into a plan.
type Facts struct {
	Servers   []Server   `json:"servers"`
	Databases []Database `json:"databases"`
	// Staged are the databases that staged configurations name, each with its one endpoint, as seen from that server.
	Staged []Database `json:"staged,omitempty"`
}

// Server gives the facts of one server; ok is false when the survey did not name it.
func (f Facts) Server(name string) (s Server, ok bool) {
	for _, s := range f.Servers {
		if s.Name == name {
			return s, true
		}
	}
	return Server{}, false
}

// Database gives the facts of one database.
func (f Facts) Database(id DatabaseID) (d Database, ok bool) {
	for _, d := range f.Databases {
		if d.ID == id {
			return d, true
		}
	}
	return Database{}, false
}

// Server is one machine with Kea daemons on it. When Reach is not yes nothing else in it is known.
type Server struct {
	Pulse
	Reach    Verdict            `json:"reachable"`
	Root     Verdict            `json:"root"`
	Mend     string             `json:"mend,omitempty"` // what to do about either, where that can be said
	Platform Platform           `json:"platform"`
	Software Software           `json:"software"`
	Packages []Package          `json:"packages"`
	Configs  []Config           `json:"configs"`
	Service  []Service          `json:"service"`  // one for each unit that runs
	Managers []string           `json:"managers"` // who else may start Kea or move packages here: puppet, cron entries, unattended-upgrades ...
	Tools    map[string]Verdict `json:"tools"`    // programs that the procedure needs here: kea-admin, mariadb, mariadb-dump, flock, systemd-run ...
	Disk     []Disk             `json:"disk"`     // measured; the last is where backups are kept
	Holds    []string           `json:"holds"`    // Kea packages that are held back
	Busy     Verdict            `json:"busy"`     // no: the package manager's lock is free
	Clock    *time.Duration     `json:"clock"`    // measured: the server's clock less ours; nil: it could not be read
	Zone     string             `json:"zone"`     // its time zone's offset from UTC now, "+0200"; empty: it could not be read
}

// Platform says what the server runs and which playbook speaks its language.
type Platform struct {
	OS       string `json:"os"`              // "Debian GNU/Linux 13 (trixie)"
	Playbook string `json:"playbook"`        // "debian"
	Trees    string `json:"trees,omitempty"` // where Kea is built from source: shell patterns of the directories that hold a Kea each
	Unhold   string `json:"unhold"`          // the command that lets go of a package that is held back, without its name
	Stop     string `json:"stop,omitempty"`  // the command that stops a unit, %s
}

// Pulse is the part of a server that can change under a run from one second to the next. It is cheap: one command.
type Pulse struct {
	Name      string    `json:"name"`
	BootID    string    `json:"boot_id"`
	Units     []Unit    `json:"units"`
	Processes []Process `json:"processes"` // every daemon process, by a unit or by hand; one-shot runs (-t -T -v -V) are none
	Admins    []Admin   `json:"admins,omitempty"`
	Claim     Claim     `json:"claim"`
}

// Admin is a kea-admin at work that changes a database and that no run of ours started.
type Admin struct {
	PID     int    `json:"pid"`
	Command string `json:"command"` // "db-upgrade": its first argument alone, for others may be passwords
}

// Unit gives the facts of one unit by its name.
func (p Pulse) Unit(name string) (u Unit, ok bool) {
	for _, u := range p.Units {
		if u.Name == name {
			return u, true
		}
	}
	return Unit{}, false
}

// Unit is one systemd unit (or its like) of a Kea daemon.
type Unit struct {
	Name    string         `json:"name"` // "kea-dhcp4-server.service"
	Daemon  kea.DaemonKind `json:"daemon"`
	Present bool           `json:"present"` // a unit file is there (a mask alone is none)
	Masked  bool           `json:"masked"`  // or, where its own file lies in a mask's place, held by the condition of a fence
	Enabled string         `json:"enabled"` // as systemctl says under no mask: enabled, disabled, static, alias
	Active  string         `json:"active"`  // active, inactive, failed, activating, deactivating
	PID     int            `json:"pid,omitempty"`
	Fence   string         `json:"fence,omitempty"`  // the run whose drop-in stands on it, or empty
	Config  string         `json:"config,omitempty"` // the configuration file its command line names
	User    string         `json:"user,omitempty"`
	Own     bool           `json:"own,omitempty"` // no fence holds it: its file lies in a mask's place, and a drop-in takes conditions away
}

// Running reports whether a process of the unit may be there.
func (u Unit) Running() bool {
	return u.PID != 0 || u.Active == "active" || u.Active == "activating" || u.Active == "deactivating" || u.Active == "reloading"
}

// Process is one daemon process.
type Process struct {
	PID     int            `json:"pid"`
	Daemon  kea.DaemonKind `json:"daemon"`
	Unit    string         `json:"unit,omitempty"` // empty: started by hand
	Command string         `json:"command"`
	Started string         `json:"started"` // start time as the server tells it: clock ticks since boot; on FreeBSD the time of day
}

// Claim is what a run's marker on a server says of who may act there: the run, its newest epoch and the driver. Zero: nobody.
type Claim struct {
	Run    string `json:"run,omitempty"`
	Epoch  int    `json:"epoch,omitempty"`
	Driver string `json:"driver,omitempty"` // user@host and process of who drives, for people
}

// Package is one package of Kea with the versions that could be installed in its place now: one that is installed, or one that a
// release may need besides.
type Package struct {
	Name      string     `json:"name"`
	Installed string     `json:"installed"`     // empty: it is not
	For       kea.Engine `json:"for,omitempty"` // the kind of database that it brings the hook library for
	Available []string   `json:"available"`     // newest first, today's included when it can still be had
}

// Software is the part of a server that an upgrade changes.
type Software struct {
	Kea      kea.Version               `json:"kea"`               // what the installed daemon binary says of itself (-v)
	Packages map[string]string         `json:"packages"`          // version of each installed Kea package
	Scripts  map[kea.Engine]kea.Schema `json:"scripts,omitempty"` // the newest schema that the installed kea-admin's upgrade scripts lead to
	Whole    Verdict                   `json:"whole"`             // no: the package manager has something half done here
	Fetched  []string                  `json:"fetched,omitempty"` // packages that lie here and can be installed without a network: "name=version"
	HooksDir string                    `json:"hooks_dir"`         // where hook libraries lie
}

// Files are the configuration files of a server, as digests (SHA-256, hexadecimal).
type Files struct {
	Now    map[string]string // of each daemon's configuration file, by path
	Staged map[string]string // of each staged file, by run and the path it is for: "RUN:/etc/kea/kea-dhcp4.conf"
}

// Config is one daemon's configuration file.
type Config struct {
	Daemon  kea.DaemonKind `json:"daemon"`
	Unit    string         `json:"unit"`
	Path    string         `json:"path"`
	Digest  string         `json:"digest"` // sha256 of the file and of what it includes, hex
	Text    []byte         `json:"-"`      // holds passwords: never leaves memory
	Parsed  kea.Config     `json:"parsed"`
	Problem string         `json:"problem,omitempty"` // why it could not be read, with file, line and column
	Network string         `json:"network,omitempty"` // the network namespace that its unit runs in, a path; empty: the server's own
	// Staged is the text that the fleet file puts in its place, when there is one; what it names was looked at from the same server.
	Staged *Config `json:"staged,omitempty"`
}

// Service is what one running daemon says and shows of itself: what a confirmation is made of.
type Service struct {
	Unit     string                    `json:"unit"`
	Daemon   kea.DaemonKind            `json:"daemon"`
	Active   bool                      `json:"active"`
	PID      int                       `json:"pid"`
	Started  string                    `json:"started,omitempty"` // start time of the pid, likewise
	Answers  bool                      `json:"answers"`           // the control socket answered version-get
	Version  kea.Version               `json:"version"`           // from version-get, else from the binary that runs
	Backends map[kea.Engine]kea.Schema `json:"backends,omitempty"`
	Log      Verdict                   `json:"log"`               // yes: since its start the log has STARTED and nothing fatal; cannot tell: no log can be read
	Sockets  Verdict                   `json:"sockets"`           // status-get: sockets ready, DHCP not disabled by its database
	Session  Verdict                   `json:"session"`           // the process holds a session in each of its databases
	Offer    Verdict                   `json:"offer"`             // a DISCOVER got its OFFER; cannot tell where no probe is configured
	Problem  string                    `json:"problem,omitempty"` // what it says went wrong, verbatim
}

// Disk is the room on one file system of a server. Measured.
type Disk struct {
	Path string `json:"path"`
	Free int64  `json:"free"` // bytes
}
