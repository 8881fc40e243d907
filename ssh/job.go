package ssh

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
)

// Job is a script that outlives the connection, for effects that take long.
//
// Its directory is its identity: it is claimed by mkdir, and whoever comes
// second gets ErrAlreadyClaimed. The job's files there are its record: script,
// params, bootid, unit, started, output (stdout and stderr), status.
type Job struct {
	Dir     string // absolute, clean: .../run/step/attempt; its parents are made, 0700
	Unit    string // for systemd, where it runs, and KL_UNIT in its environment; "": made from Dir
	Title   string // shown by systemctl and in errors
	Script  string // as in Command, but its standard input is empty
	Params  []Param
	Secrets []Secret // in a file, 0600, that the job removes before its script begins
	Guard   *Guard
}

var unitName = regexp.MustCompile(`^[A-Za-z0-9:_.-]{1,200}$`)

func (j Job) unit() string {
	if j.Unit != "" {
		return j.Unit
	}
	return fmt.Sprintf("job-%x", sha256.Sum256([]byte(j.Dir)))[:24]
}

func (j Job) title() string { return "start job " + orElse(j.Title, j.Dir) }

// StartJob claims and starts a job as root, and returns once it has begun.
//
// Errors: ErrAlreadyClaimed, ErrSuperseded and ErrGuardBusy: nothing was
// started. ErrFateUnknown: it may have been; Job tells. ErrFile: the
// directory could not be made, or the job not be started; where Job then says
// JobUnknown, it was claimed. Those of Run.
func (h *Host) StartJob(ctx context.Context, j Job) error {
	command, err := j.command()
	if err != nil {
		return h.fail(j.title(), ErrConfig, err)
	}
	r, err := h.Run(ctx, command)
	if err != nil {
		return err
	}
	e := h.fail(j.title(), ErrFile, nil)
	e.Saw = glimpse(r.Stderr)
	switch r.Status {
	case 0:
		return nil
	case 72:
		e.Err = fmt.Errorf("another start or look has held the lock of %s for 30 s", j.Dir)
	case 73:
		e.Kind, e.Err = ErrAlreadyClaimed, errors.New(j.Dir)
	case 74:
		e.Kind, e.Err = ErrFateUnknown, errors.New("launched, but it has not begun within 10 s")
	default:
		e.Err = fmt.Errorf("exit status %d", r.Status)
	}
	return e
}

// command is the script that claims and starts the job.
func (j Job) command() (Command, error) {
	if err := checkPath(j.Dir); err != nil {
		return Command{}, fmt.Errorf("%s: %w", j.Dir, err)
	}
	if !unitName.MatchString(j.unit()) {
		return Command{}, fmt.Errorf("unit %q: no name for a unit", j.Unit)
	}
	params, err := assignments(j.Params)
	if err != nil {
		return Command{}, err
	}
	secrets, err := secretAssignments(j.Secrets)
	if err != nil {
		return Command{}, err
	}
	return Command{Title: j.title(), Root: true, Guard: j.Guard, Script: jobStartSh,
		Params: []Param{{"dir", j.Dir}, {"unit", j.unit()}, {"title", orElse(j.Title, j.unit())}, {"script", j.Script},
			{"params", params}, {"guard", j.Guard.params() + guardSh}, {"runner", systemSh + jobRunSh}},
		Secrets: []Secret{{"secrets", secrets}}}, nil
}
