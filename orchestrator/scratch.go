package orchestrator

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator/journal"
)

// RehearsalID names one rehearsal: "rehearsal-" and what names a run. It is the name of its room on each server, and told by the
// names of its scratch databases.
type RehearsalID string

const rehearsalPrefix = "rehearsal-"

// NewRehearsal names a rehearsal that begins now.
func NewRehearsal(now time.Time, random io.Reader) (RehearsalID, error) {
	run, err := journal.NewRun(now, random)
	return RehearsalID(rehearsalPrefix + run), err
}

// CopyName is the name of the scratch database in which a rehearsal has its copy of a database: the rehearsal's own in small letters,
// and what stands for the database.
func (r RehearsalID) CopyName(d fleet.DatabaseID) string {
	return copyPrefix + strings.ReplaceAll(strings.ToLower(string(r)), "-", "_") + "_" + standsFor(d)
}

// CopyOf reads the name of a scratch database: whose rehearsal made it, in small letters, and whether it is a copy of that database.
func CopyOf(name string, d fleet.DatabaseID) (small string, ok bool) {
	rest, ours := strings.CutPrefix(name, copyPrefix)
	small, is := strings.CutSuffix(rest, "_"+standsFor(d))
	return strings.ReplaceAll(small, "_", "-"), ours && is && strings.HasPrefix(rest, strings.ReplaceAll(rehearsalPrefix, "-", "_"))
}

// BesideName is the name of the copy that a run makes of a database within its own server: of no scratch database, and of no rehearsal's.
func BesideName(run string, d fleet.DatabaseID) string {
	return copyPrefix + "copy_" + strings.ReplaceAll(strings.ToLower(run), "-", "_") + "_" + standsFor(d)
}

// copyPrefix is what every database that this program makes is called by.
const copyPrefix = "kea_lockstep_"

func standsFor(d fleet.DatabaseID) string {
	sum := sha256.Sum256([]byte(d))
	return hex.EncodeToString(sum[:4])
}

// Rehearsal is which rehearsal asks, and for what plan.
type Rehearsal struct {
	ID     RehearsalID
	Driver string // who drives, for people
	Plan   *Plan
	Group  *GroupPlan
}

// Dumped is a dump in the room of a rehearsal.
type Dumped struct {
	Path, Digest string
	Bytes        int64
}

// Room is what a rehearsal has, or left, on a server.
type Room struct {
	ID     RehearsalID
	Alive  bool // its driver lives
	Driver string
}

// Scratch is an Observer that may also make and remove scratch databases and unpacked packages, and nothing else: no effect of it
// reaches what Kea runs with. Whatever it makes bears the rehearsal's name.
type Scratch interface {
	fleet.Observer
	// Take makes the rehearsal's room on a server. Others see that its driver lives until the function that is returned is called, or
	// the driver is gone.
	Take(ctx context.Context, r Rehearsal, server string) (leave func(), err error)
	// Unpack fetches the target's packages and unpacks them in the room.
	Unpack(ctx context.Context, r Rehearsal, server string) error
	// DumpCopy dumps a database into the room of the server that backs it up.
	DumpCopy(ctx context.Context, r Rehearsal, d DatabasePlan) (Dumped, error)
	// MakeCopy restores the dump into the rehearsal's scratch database.
	MakeCopy(ctx context.Context, r Rehearsal, d DatabasePlan, from Dumped) error
	// MigrateCopy lets the unpacked kea-admin migrate the scratch database, which is asked for its identity just before: ErrNotScratch
	// where it may be one that a Kea configuration names. Progress hears which step it is at.
	MigrateCopy(ctx context.Context, r Rehearsal, d DatabasePlan, progress func(journal.Progress)) error
	// JudgeCopy says where the scratch database stands between the two schemas.
	JudgeCopy(ctx context.Context, r Rehearsal, d DatabasePlan) (fleet.Migration, error)
	// Try lets the unpacked binary of a unit test the configuration that it is to have, over the scratch databases that are named.
	Try(ctx context.Context, r Rehearsal, server string, unit UnitPlan, copies []fleet.DatabaseID) ([]Tried, error)
	// Rooms lists what rehearsals have on a server.
	Rooms(ctx context.Context, server string) ([]Room, error)
	// Copies lists the scratch databases on the server of a database.
	Copies(ctx context.Context, at fleet.Place) ([]string, error)
	// Clear ends what a rehearsal still runs on a server and removes its room. One whose driver lives is left alone, with an error,
	// unless it is ours that has left it.
	Clear(ctx context.Context, id RehearsalID, server string, ours bool) error
	// DropCopy removes a scratch database. One that is not there is no error.
	DropCopy(ctx context.Context, at fleet.Place, name string) error
}

// Tried is one test of a configuration.
type Tried struct {
	Daemon   kea.DaemonKind `json:"daemon"`
	Unit     string         `json:"unit"`
	Config   string         `json:"config"`
	Flag     string         `json:"flag"` // -t or -T
	Verdict  fleet.Verdict  `json:"verdict"`
	Untested []string       `json:"untested"` // what it did not reach
}

// ErrNotScratch is returned by Scratch.MigrateCopy where the database that answers is not the scratch database alone.
var ErrNotScratch = errors.New("not a scratch database")
