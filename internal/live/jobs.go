package live

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator"
	"kea-lockstep/ssh"
)

// job is an order that takes long: it outlives the connection.
type job struct {
	order   orchestrator.Order
	action  string
	engine  kea.Engine // of the database that it is about, if any
	params  []ssh.Param
	secrets []ssh.Secret
	guard   bool
	// climb hears a migration's output; nil for other jobs.
	climb *climb
	// again says that its effect can be had again from wherever it was cut off, so that a lost one is simply done anew.
	again bool
}

// Job says how far a job got.
func (f *Fleet) Job(ctx context.Context, name, run, step string, attempt int) (fleet.JobState, error) {
	s, err := f.server(name)
	if err != nil {
		return "", err
	}
	book, err := f.book(ctx, s)
	if err != nil {
		return "", err
	}
	for turn := 1; ; turn++ {
		state, err := s.host.Job(ctx, jobDir(book.State, run, step, attempt, turn))
		switch {
		case err != nil:
			return "", sshError(err)
		case state.Phase == ssh.JobAbsent && turn > 1:
			return fleet.JobLost, nil
		case state.Phase != ssh.JobUnknown || turn == turns: // one that was lost may have been done anew
			return jobStates[state.Phase], nil
		}
	}
}

var jobStates = map[ssh.JobPhase]fleet.JobState{
	ssh.JobAbsent: fleet.JobAbsent, ssh.JobRunning: fleet.JobRunning, ssh.JobDone: fleet.JobEnded, ssh.JobUnknown: fleet.JobLost,
}

// jobDir is a job's identity. A job that is done anew after it was lost has a directory of its own beside the first.
func jobDir(state, run, step string, attempt, turn int) string {
	name := fmt.Sprint(attempt)
	if turn > 1 {
		name = fmt.Sprintf("%d.%d", attempt, turn)
	}
	return path.Join(state, "runs", run, "jobs", step, name)
}

const (
	absence       = 2 * time.Minute // how long a server may be away while a job is waited for
	stretch       = 30 * time.Second
	turns         = 9       // how often a job that is lost is done anew
	largestOutput = 1 << 20 // bytes of a job's output that are looked at
)

var notInUnit = regexp.MustCompile(`[^A-Za-z0-9_.-]+`)

// do starts a job, or finds it, waits for its end and gives its output.
func (f *Fleet) do(ctx context.Context, s *server, j job) ([]byte, error) {
	book, err := f.book(ctx, s)
	if err != nil {
		return nil, err
	}
	script, err := book.Script(j.action, string(j.engine))
	if err != nil {
		return nil, err
	}
	for turn := 1; turn <= turns; turn++ {
		dir := jobDir(book.State, j.order.Run, j.order.ID, j.order.Attempt, turn)
		begun := ssh.Job{
			Dir: dir, Title: j.action, Script: script, Params: append(given(book, j.engine, script), j.params...), Secrets: j.secrets,
			Unit: unitPrefix + notInUnit.ReplaceAllString(fmt.Sprintf("%s-%s-%s", j.order.Run, j.order.ID, path.Base(dir)), "-"),
		}
		if j.guard {
			begun.Guard = guardOf(book.State, j.order)
		}
		// Starting the same key twice is harmless, so a start of unknown fate is simply made again.
		err := f.insist(ctx, func() error { return s.host.StartJob(ctx, begun) })
		if err != nil && !errors.Is(err, ssh.ErrAlreadyClaimed) {
			return nil, sshError(err)
		}
		out := output{tell: f.options.Progress, server: s.name(), step: j.order.ID, secrets: j.secrets, climb: j.climb}
		state, err := f.wait(ctx, s, dir, &out)
		if j.climb != nil {
			j.climb.end()
		}
		if err != nil {
			return nil, err
		}
		if state.Phase == ssh.JobUnknown && j.again {
			continue
		}
		return out.text, outcome(s, j, dir, state, out.text)
	}
	return nil, fmt.Errorf("%s: %s was lost %d times: %w", s.name(), j.action, turns, orchestrator.ErrFateUnknown)
}

// outcome makes a job's end what an order reports.
func outcome(s *server, j job, dir string, state ssh.JobState, out []byte) error {
	switch {
	case state.Phase != ssh.JobDone:
		return lost(s, j, dir, state, out)
	case state.Refused:
		return fmt.Errorf("%s: %s: %w", s.name(), j.action, orchestrator.ErrSuperseded)
	case state.Status != 0:
		return &scriptError{s.name(), j.action, state.Status, tail(ssh.Printable(out))}
	}
	return nil
}

// lost words a job that ended without a word.
func lost(s *server, j job, dir string, state ssh.JobState, out []byte) error {
	how := "was cut off"
	if state.Rebooted {
		how = "was cut off by a restart of the server"
	}
	lines := strings.Split(strings.TrimSpace(ssh.Printable(out)), "\n")
	said := lines[len(lines)-1]
	if said != "" {
		said = "; it last said: " + tail(said)
	}
	return fmt.Errorf("%s: %s %s, its record is in %s: %w%s", s.name(), j.action, how, dir, orchestrator.ErrFateUnknown, said)
}

// output collects what a job puts out, line by line, and passes it on.
type output struct {
	tell         func(server, step, line string)
	server, step string
	secrets      []ssh.Secret // that must not be told on
	climb        *climb
	text         []byte
	told         int // lines
}

// from gives the listener of one wait, which hears all from the beginning; what was told before is not told again.
func (o *output) from() func(string) {
	seen := 0
	return func(line string) {
		if seen++; seen <= o.told {
			return
		}
		o.told = seen
		for _, one := range o.secrets {
			if one.Value != "" {
				line = strings.ReplaceAll(line, one.Value, "[redacted]")
			}
		}
		if o.climb != nil {
			o.climb.hear(line)
		}
		if len(o.text) < largestOutput {
			o.text = append(append(o.text, line...), '\n')
		}
		if o.tell != nil {
			o.tell(o.server, o.step, ssh.Printable([]byte(line)))
		}
	}
}

// wait waits for a job's end. A server that is away for too long leaves the job's fate unknown.
func (f *Fleet) wait(ctx context.Context, s *server, dir string, out *output) (ssh.JobState, error) {
	var away time.Time
	for {
		part, cancel := context.WithTimeout(ctx, stretch)
		state, err := s.host.WaitJob(part, dir, out.from())
		cancel()
		switch {
		case err == nil:
			return state, nil
		case ctx.Err() != nil:
			return state, fmt.Errorf("%s: waiting for %s: %w: %w", s.name(), dir, orchestrator.ErrFateUnknown, context.Cause(ctx))
		case !errors.Is(err, ssh.ErrUnreachable) && !errors.Is(err, ssh.ErrFateUnknown):
			return state, sshError(err)
		}
		if _, err := s.host.Job(ctx, dir); err == nil {
			away = time.Time{}
			continue
		}
		if away.IsZero() {
			away = time.Now()
		}
		if time.Since(away) > absence-stretch {
			return state, fmt.Errorf("%s: waiting for %s: %w: %w", s.name(), dir, orchestrator.ErrFateUnknown, err)
		}
	}
}

// insist asks again while the server cannot be reached, for as long as one may be away. What it asks can be asked again. What may
// have been heard once stays of unknown fate, whoever cannot be reached later.
func (f *Fleet) insist(ctx context.Context, ask func() error) error {
	deadline := time.Now().Add(absence)
	var unknown error
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		err := ask()
		if errors.Is(err, ssh.ErrFateUnknown) {
			unknown = err
		}
		away := errors.Is(err, ssh.ErrUnreachable) || errors.Is(err, ssh.ErrFateUnknown)
		if away {
			err = errors.Join(unknown, err)
		}
		if err == nil || !away || ctx.Err() != nil || time.Now().After(deadline) {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return err
		}
	}
}

// guardOf lets a script act only while the server's marker names the drive that gave the order.
func guardOf(state string, o orchestrator.Order) *ssh.Guard {
	return &ssh.Guard{Lock: state + "/lock", Epoch: state + "/claim", Want: fmt.Sprintf("%s %d", o.Run, o.Epoch)}
}

// reported reads "key TAB value" lines out of a job's output.
func reported(out []byte) map[string]string {
	found := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if key, value, ok := strings.Cut(strings.TrimRight(line, "\n"), "\t"); ok {
			found[key] = value
		}
	}
	return found
}
