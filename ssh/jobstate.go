package ssh

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// JobPhase is where a job stands. Its zero value is the one that promises least.
type JobPhase int

const (
	// JobUnknown: claimed, not running, and no status. It may have been cut
	// short anywhere, or never have begun: its effect has to be looked at.
	JobUnknown JobPhase = iota
	// JobAbsent: never claimed.
	JobAbsent
	// JobRunning: it, or a process of it, runs; or it is being started.
	JobRunning
	// JobDone: it has ended, and Status is its own.
	JobDone
)

func (p JobPhase) String() string {
	return [...]string{"unknown", "absent", "running", "done"}[p]
}

// JobState is what a look at a job's directory showed.
type JobState struct {
	Phase    JobPhase
	Status   int  // with JobDone: the script's exit status
	Refused  bool // with JobDone: the guard refused, and the script has not run
	Began    bool // the runner was seen to begin
	Rebooted bool // the server has been booted since the claim
	Unit     string
	Started  time.Time // by the server's clock; zero if it has not begun
	Ended    time.Time // by the server's clock; zero unless JobDone
}

// Job looks at a job. It changes nothing, save that secrets are removed that a
// job left that was killed before it read them.
func (h *Host) Job(ctx context.Context, dir string) (JobState, error) {
	title := "look at job " + dir
	if err := checkPath(dir); err != nil {
		return JobState{}, h.fail(title, ErrConfig, err)
	}
	r, err := h.Run(ctx, Command{Title: title, Root: true, Look: true, Script: jobLookSh + "look\n", Params: []Param{{"dir", dir}}})
	if err != nil {
		return JobState{}, err
	}
	return h.parseLook(title, r.Stdout)
}

func (h *Host) parseLook(title string, look []byte) (JobState, error) {
	s, err := parseJobState(string(look))
	if err != nil {
		e := h.fail(title, ErrFile, err)
		e.Saw = glimpse(look)
		return s, e
	}
	return s, nil
}

// parseJobState reads what joblook.sh prints.
func parseJobState(look string) (JobState, error) {
	facts := map[string]string{}
	for line := range strings.Lines(look) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		facts[key] = value
	}
	switch facts["claim"] {
	case "absent":
		return JobState{Phase: JobAbsent}, nil
	case "busy":
		return JobState{Phase: JobRunning}, nil
	case "made":
	default:
		return JobState{}, errors.New("the answer cannot be read")
	}
	s := JobState{Unit: facts["unit"], Rebooted: facts["boot"] != facts["boot-now"]}
	s.Started, s.Began = parseTime(facts["started-at"])
	status, err := strconv.Atoi(facts["status-exit"])
	switch {
	case facts["status-kind"] != "" && err == nil:
		s.Phase, s.Status = JobDone, status
		s.Refused = facts["status-kind"] != "done"
		s.Ended, _ = parseTime(facts["status-at"])
	case facts["alive"] == "yes":
		s.Phase = JobRunning
	}
	return s, nil
}

// parseTime reads seconds since 1970 with a fraction; a date(1) that knows no
// fraction leaves letters behind the point.
func parseTime(s string) (time.Time, bool) {
	whole, fraction, _ := strings.Cut(s, ".")
	sec, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	nano, err := strconv.ParseInt(fraction, 10, 64)
	if err != nil || len(fraction) != 9 {
		nano = 0
	}
	return time.Unix(sec, nano), true
}

// JobOutput gives a job's output so far: all of it up to limit bytes, else head
// and tail, and truncated.
func (h *Host) JobOutput(ctx context.Context, dir string, limit int) (output []byte, truncated bool, err error) {
	title := "read the output of job " + dir
	if err := checkPath(dir); err != nil {
		return nil, false, h.fail(title, ErrConfig, err)
	}
	half := max(limit/2, 1)
	r, err := h.Run(ctx, Command{Title: title, Root: true, Script: jobOutputSh, Limit: 2 * (limit + 1024),
		Params: []Param{{"dir", dir}, {"half", strconv.Itoa(half)}}})
	if err != nil {
		return nil, false, err
	}
	if r.Status != 0 {
		return nil, false, h.fileError(title, r, fmt.Errorf("exit status %d", r.Status))
	}
	size, err := strconv.Atoi(strings.TrimSpace(string(r.Stderr)))
	return r.Stdout, err == nil && size > 2*half, nil
}
