package journal

import (
	"fmt"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// Begun is the data of RunBegun and DriveBegun.
type Begun struct {
	Command string      `json:"command"` // upgrade, resume, rollback, abort
	Driver  string      `json:"driver"`  // user@host and process
	Fleet   string      `json:"fleet"`   // path of the fleet file
	Target  kea.Version `json:"target"`
	Version string      `json:"version"` // of this program
	Answers string      `json:"answers,omitempty"`
}

// Who answers the questions of a drive, but for those that a person has to.
const (
	Terminal = "terminal" // a person, at the driver's terminal
	YesFlag  = "--yes"
)

// Attempt is the data of StepBegun.
type Attempt struct {
	Number int    `json:"attempt"` // from 1; a job's key is run, step and attempt
	Title  string `json:"title"`
	Kind   string `json:"kind"`
}

// Result is the data of StepDone.
type Result struct {
	Kind   string            `json:"kind"`
	Saw    string            `json:"saw"`
	Probed bool              `json:"probed,omitempty"` // it was already so; nothing was done
	Facts  map[string]string `json:"facts,omitempty"`
}

// Asking is the data of GateAsked: which gate, and its answer.
type Asking struct {
	Gate    string        `json:"gate"`
	Verdict fleet.Verdict `json:"verdict"`
}

// Question is the data of Asked and DeclaredDead: what was asked of the operator, and the reply.
type Question struct {
	Question string `json:"question"`
	Yes      bool   `json:"yes"`
	Typed    bool   `json:"typed,omitempty"` // by a person, whoever answers the others
}

// Problem is what a user is told of a failure: what happened, what was seen, verbatim, where the fleet stands, and the commands
// to type next.
type Problem struct {
	Phase string   `json:"phase,omitempty"` // where it happened
	What  string   `json:"what"`
	Why   string   `json:"why,omitempty"`
	Now   []string `json:"now,omitempty"`
	Next  []Next   `json:"next,omitempty"`
}

// Next is a command and what it does.
type Next struct {
	Command string `json:"command"`
	Does    string `json:"does"`
}

// Ended is the data of GroupEnded.
type Ended struct {
	State   State    `json:"state"`
	Problem *Problem `json:"problem,omitempty"`
}

// Sighting is what Moved tells of one database, in a list: the schema that it was seen at, and how whole that is.
type Sighting struct {
	Database fleet.DatabaseID `json:"database"`
	Schema   kea.Schema       `json:"schema"`
	Saw      string           `json:"saw"`
}

// Loss is what Counted tells of one database, in a list: what its restore takes away, as far as counting tells.
type Loss struct {
	Database fleet.DatabaseID `json:"database"`
	Since    time.Time        `json:"since,omitzero"` // the backup's time; zero where that is not known
	Leases   *fleet.Written   `json:"leases"`         // written since; null where they could not be counted
	Saw      []string         `json:"saw"`            // the same in words, and what else differs
}

// Hold is the data of Locked.
type Hold struct {
	Database fleet.DatabaseID `json:"database"`
	Holder   string           `json:"holder"` // what holds its lock for the drive, such as a session of the database server
	Home     string           `json:"home"`   // of the drive's journal
}

// State is where a group, or a run as a whole, stands.
type State string

// The states. Interrupted is what a drive leaves that ended without a word: only Fold gives it.
const (
	Waiting     State = "waiting"
	Running     State = "running"
	Paused      State = "paused"
	Halted      State = "halted"
	Interrupted State = "interrupted"
	Refused     State = "refused"
	Done        State = "done"
	BackedOut   State = "backed-out"
	RolledBack  State = "rolled-back"
)

// Over reports whether nothing is left to do for a group in that state.
func (s State) Over() bool {
	return s == Refused || s == Done || s == BackedOut || s == RolledBack
}

// Status is where a run stands, folded from its events: the one model behind status, report, JSON and resume.
type Status struct {
	Run     string           `json:"run"`
	State   State            `json:"state"`
	Target  kea.Version      `json:"target"`
	Command string           `json:"command"`
	Driver  string           `json:"driver"`
	Fleet   string           `json:"fleet"`
	Epoch   int              `json:"epoch"`
	Began   time.Time        `json:"began"`
	Ended   time.Time        `json:"ended,omitzero"` // when the newest drive ended; zero while one is under way or died
	Seq     int              `json:"seq"`
	Next    string           `json:"next,omitempty"` // the command to type
	Plan    string           `json:"plan,omitempty"` // its hash
	Groups  []GroupStatus    `json:"groups"`
	Servers []ServerStatus   `json:"servers"`
	Bases   []DatabaseStatus `json:"databases"`
	Backups []Backup         `json:"backups"`
	Kept    []Backup         `json:"kept"` // what databases held before a rollback restored them

	// For a report.
	Accepted []string      `json:"-"` // risks
	Drives   []DriveStatus `json:"-"`
	Timeline []Moment      `json:"-"` // what has ended, in the order in which it did
	UnderWay []Moment      `json:"-"`
}

// GroupStatus is where one group stands.
type GroupStatus struct {
	ID          string                `json:"id"`
	State       State                 `json:"state"`
	Phase       string                `json:"phase"` // the newest begun
	Phases      []PhaseStatus         `json:"phases"`
	PastReturn  bool                  `json:"past_point_of_no_return"`
	Served      bool                  `json:"target_served,omitempty"` // a Kea of the target may have served: clients may have leases that no backup has
	BackingOut  bool                  `json:"backing_out,omitempty"`
	RollingBack bool                  `json:"rolling_back,omitempty"` // backing out by the operator's word, over the restored backup where the schema moved
	Outage      Outage                `json:"outage"`
	Problem     *Problem              `json:"problem,omitempty"`
	Strangers   []string              `json:"strangers,omitempty"`
	Mode        string                `json:"mode,omitempty"`
	Canary      string                `json:"canary,omitempty"`
	Estimate    float64               `json:"outage_estimate_s"`
	Last        float64               `json:"last_estimate_s"` // until the last server is back
	Untold      bool                  `json:"-"`               // it was taken over, and its servers have not told yet how far it got
	Steps       map[string]StepStatus `json:"-"`
	Lost        []Loss                `json:"lost,omitempty"` // what a restore would take away, as it was counted before a rollback was asked for; or did, once it is rolled back
	// What held the lock of each database for the newest drive that took it.
	Holders map[fleet.DatabaseID]Hold `json:"-"`
}

// PhaseStatus is where one phase of a group stands: waiting, running or done.
type PhaseStatus struct {
	Name  string    `json:"name"`
	State State     `json:"state"`
	Began time.Time `json:"began,omitzero"`
	Ended time.Time `json:"ended,omitzero"`
}

// StepStatus is where one step stands. A step begun and neither done nor failed is in flight: its fate is unknown until probed.
type StepStatus struct {
	Phase   string
	Attempt int
	Flight  bool
	// How far it has come, and when that was heard; nil where it does not say.
	Progress *Progress
	Moved    time.Time
	Done     bool
	Began    time.Time
	Ended    time.Time
	Result   Result
	Failed   string
}

// ServerStatus is one server's versions and fence as the events left them.
type ServerStatus struct {
	Name   string      `json:"name"`
	Group  string      `json:"group"`
	Before kea.Version `json:"before"`
	After  kea.Version `json:"after"` // zero until upgraded
	Fenced bool        `json:"fenced"`
	Dead   bool        `json:"dead,omitempty"`  // declared dead: the run goes on without it
	Doing  string      `json:"doing,omitempty"` // title of the step in flight
}

// DatabaseStatus is one database's schemas.
type DatabaseStatus struct {
	ID      fleet.DatabaseID `json:"id"`
	Name    string           `json:"name"`
	Product string           `json:"product,omitempty"`
	Before  kea.Schema       `json:"before"`
	After   kea.Schema       `json:"after"`
	Group   string           `json:"group"`
	Label   string           `json:"label"` // what its steps and dumps end in, as migrate-k1-db2 does
	// How far its migration got; nil where that arrived, or never said.
	Migration *Migrating `json:"migration,omitempty"`
}

// Backup is one backup of a database that the run took.
type Backup struct {
	Database fleet.DatabaseID `json:"database"`
	Server   string           `json:"server"`
	Path     string           `json:"path"`           // empty for one that lies on no server of the fleet
	Name     string           `json:"name,omitempty"` // of one by the operator's command: what the command was told to call it
	Said     string           `json:"said,omitempty"` // and the last line that it put out
	Copy     string           `json:"copy,omitempty"` // of a copy within the database's own server: its name there
	Drop     string           `json:"drop,omitempty"` // and the statement that drops it
	Bytes    string           `json:"bytes,omitempty"`
	Digest   string           `json:"sha256,omitempty"`
	Taken    time.Time        `json:"taken,omitzero"`
	Proved   string           `json:"proved,omitempty"` // how
	ProvedAt time.Time        `json:"proved_at,omitzero"`
}

// Where names the backup for people: the dump's place, what the operator's command calls it, or a copy with what drops it.
func (b Backup) Where() string {
	if b.Copy != "" {
		return fmt.Sprintf("the copy %s within its database server (%s)", b.Copy, b.Drop)
	}
	if b.Name != "" {
		return b.Name + ", by the operator's command on " + b.Server
	}
	return b.Server + ":" + b.Path
}
