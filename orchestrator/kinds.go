package orchestrator

import (
	"context"
	"fmt"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator/journal"
)

// Kind says what a step does.
type Kind string

// The kinds of steps.
const (
	KindPrefetch  Kind = "prefetch"
	KindStage     Kind = "stage"
	KindClaim     Kind = "claim"
	KindFence     Kind = journal.KindFence
	KindStop      Kind = journal.KindStop
	KindDump      Kind = journal.KindDump
	KindKeep      Kind = journal.KindKeep
	KindProve     Kind = journal.KindProve
	KindContents  Kind = "contents"
	KindInstall   Kind = journal.KindInstall
	KindConfigure Kind = "configure"
	KindTest      Kind = "test"
	KindMigrate   Kind = journal.KindMigrate
	KindVerify    Kind = journal.KindVerify
	KindRestore   Kind = "restore"
	KindUnfence   Kind = journal.KindUnfence
	KindStart     Kind = journal.KindStart
	KindConfirm   Kind = journal.KindConfirm
	KindRelease   Kind = "release"
)

// ArgWay is the argument that says whether a step leads to the target or back to the old state.
const (
	ArgWay  = "way"
	WayOn   = "on"
	WayBack = "back"
)

// ArgBy is the argument of a backup, its proof or a restore that is not by a dump: the operator's own command does it, or it is by a copy
// within the database's own server.
const (
	ArgBy     = "by"
	ByCommand = "command"
	ByCopy    = "copy"
)

// probe asks the world whether what a step does is so.
type probe func(ctx context.Context, w scene, s Step) fleet.Verdict

// reading reads something of the world that a later gate compares.
type reading func(ctx context.Context, w scene, s Step) (journal.Result, error)

// kind is a line of the table of kinds.
type kind struct {
	title    string        // with %s for the server
	undo     string        // how it is taken back, in words
	estimate float64       // seconds, where nothing better is known
	probe    probe         // nil: only its own report tells; it is done again each time
	read     reading       // nothing is done: what it reads is its result
	look     bool          // nothing is done: the probe is the step
	job      bool          // it outlives its driver: it is looked for before it is begun again
	patience time.Duration // how long after it was done the probe may take to say yes
	pause    time.Duration // between the first two questions, where asking is much work; 0: short
	deadline time.Duration // how long doing it may take at all
}

// kinds is the one table of what each kind means.
var kinds = map[Kind]kind{
	KindPrefetch:  {title: "fetch packages of the target and of today, simulate the transaction", undo: "the fetched packages stay in the cache", estimate: 5, probe: fetched, deadline: 15 * time.Minute},
	KindStage:     {title: "place staged configurations in the run's directory", undo: "removed when the run ends", estimate: 0.2, probe: staged, deadline: time.Minute},
	KindClaim:     {title: "write the marker, pause package timers", undo: "release", estimate: 0.3, probe: claimed, deadline: time.Minute},
	KindFence:     {title: "fence: mask every Kea unit", undo: "lift the fence", estimate: 0.5, probe: fenced, deadline: time.Minute},
	KindStop:      {title: "stop every Kea daemon", undo: "start what ran before", estimate: 0.5, probe: stopped, patience: 5 * time.Second, deadline: 2 * time.Minute},
	KindDump:      {title: "dump %[2]s", undo: "the dump stays", estimate: 1, job: true, deadline: 4 * time.Hour},
	KindKeep:      {title: "keep what %[2]s holds now", undo: "the dump stays", estimate: 1, job: true, deadline: 4 * time.Hour},
	KindContents:  {title: "fingerprint the contents of %[2]s", undo: "nothing to undo", estimate: 0.3, read: contents},
	KindProve:     {title: "prove the backup of %[2]s: restore it into a scratch database and compare", undo: "the scratch database is removed", estimate: 2, job: true, deadline: 4 * time.Hour},
	KindInstall:   {title: "upgrade the packages", undo: "install the old versions again", estimate: 3, probe: installed, job: true, deadline: 30 * time.Minute},
	KindConfigure: {title: "put the configuration in place", undo: "put the kept file back", estimate: 0.2, probe: configured, deadline: time.Minute},
	KindTest:      {title: "test the configuration with the new binary", undo: "nothing to undo", estimate: 0.5, deadline: 15 * time.Minute},
	KindMigrate:   {title: "kea-admin db-upgrade of %[2]s", undo: "restore the backup; what was written since is lost, and is counted before a rollback asks", estimate: 3, probe: migrated, job: true, deadline: 12 * time.Hour},
	KindVerify:    {title: "version and structure of %[2]s", undo: "nothing to undo", estimate: 0.3, probe: verified, look: true, patience: 2 * time.Second},
	KindRestore:   {title: "restore the backup of %[2]s", undo: "nothing to undo", estimate: 3, probe: restored, job: true, deadline: 12 * time.Hour},
	KindUnfence:   {title: "lift the fence", undo: "fence", estimate: 0.3, probe: unfenced, deadline: time.Minute},
	KindStart:     {title: "start what ran before", undo: "stop", estimate: 1, probe: started, patience: 5 * time.Second, deadline: 2 * time.Minute},
	KindConfirm:   {title: "confirm service", undo: "nothing to undo", estimate: 1, probe: confirmed, look: true, patience: 90 * time.Second, pause: longPause},
	KindRelease:   {title: "release the marker, timers back", undo: "nothing to undo", estimate: 0.3, probe: released, deadline: time.Minute},
}

// step makes a step of a kind on a server.
func step(k Kind, server string) Step {
	def := kinds[k]
	return Step{ID: string(k) + "-" + server, Kind: k, Server: server, Title: def.title, Undo: def.undo, Estimate: def.estimate}
}

// databaseStep makes a step of a kind on a database, done from a server.
func databaseStep(k Kind, server string, d DatabasePlan, at fleet.Place) Step {
	s := step(k, server)
	s.ID += "-" + d.Label
	s.Title = fmt.Sprintf(s.Title, server, d.Name)
	s.Database, s.At = d.ID, at
	by := map[bool]string{d.ByCommand: ByCommand, d.ByCopy: ByCopy}[true]
	if title, other := otherwise[by][k]; other {
		s.Title = fmt.Sprintf(title, d.Name)
		s.Args = map[string]string{ArgBy: by}
		if k == KindDump {
			s.Undo = "the backup stays"
		}
	}
	return s
}

// otherwise are the titles of the steps that are not done by a dump, by what they are done by.
var otherwise = map[string]map[Kind]string{
	ByCommand: {KindDump: "back up %s by the operator's command", KindRestore: "restore %s by the operator's command"},
	ByCopy: {
		KindDump: "copy %s within its database server", KindProve: "prove the copy of %s: restore its structure into a scratch database, compare its rows",
		KindRestore: "restore %s from its copy",
	},
}

// wayBack begins the names of steps that lead to the old state.
const wayBack = "old-"

// WayBackTo names the step that leads to the old state where a step leads to the target.
func WayBackTo(step string) string { return wayBack + step }

// backwards gives the step that leads to the old state.
func backwards(s Step) Step {
	s.ID = WayBackTo(s.ID)
	by := s.Args[ArgBy]
	s.Args = map[string]string{ArgWay: WayBack}
	if by != "" {
		s.Args[ArgBy] = by
	}
	switch s.Kind {
	case KindInstall:
		s.Title = "install the old packages again"
	case KindConfigure:
		s.Title = "put the old configuration back"
	}
	return s
}

// Back reports whether the step leads to the old state.
func (s Step) Back() bool { return s.Args[ArgWay] == WayBack }

// ByCommand reports whether the operator's own command does the step.
func (s Step) ByCommand() bool { return s.Args[ArgBy] == ByCommand }

// ByCopy reports whether the step makes, proves or restores a copy within the database's own server.
func (s Step) ByCopy() bool { return s.Args[ArgBy] == ByCopy }
