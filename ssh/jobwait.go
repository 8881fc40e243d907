package ssh

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"time"
)

// waitSeconds is how long one remote command waits at most: so long may one
// live on after its connection was lost.
const waitSeconds = 20

// WaitJob waits until a job is done, unknown or absent, and says which. Each
// line of output is handed to progress (nil: none is read) without its line
// end; a line longer than 64 KiB comes in pieces. A lost connection is dialed
// anew until ctx ends.
//
// Errors: that of ctx, wrapped like those of Run; configuration, host key,
// authentication and root at once.
func (h *Host) WaitJob(ctx context.Context, dir string, progress func(line string)) (JobState, error) {
	title := "wait for job " + dir
	if err := checkPath(dir); err != nil {
		return JobState{}, h.fail(title, ErrConfig, err)
	}
	lines := &lineWriter{emit: progress}
	pause := newBackoff()
	for {
		r, err := h.Run(ctx, h.waitCommand(title, dir, lines))
		switch {
		case err == nil:
			s, err := h.parseLook(title, r.Stderr)
			if err != nil || s.Phase != JobRunning {
				lines.flush()
				return s, err
			}
			pause = newBackoff()
		case ctx.Err() != nil:
			return JobState{}, err
		case errors.Is(err, ErrUnreachable), errors.Is(err, ErrFateUnknown), errors.Is(err, ErrNotRun):
			// Looking has no effect, so it can be done again.
			select {
			case <-time.After(pause()):
			case <-ctx.Done():
				return JobState{}, err
			}
		default:
			return JobState{}, err
		}
	}
}

func (h *Host) waitCommand(title, dir string, lines *lineWriter) Command {
	follow := "no"
	if lines.emit != nil {
		follow = "yes"
	}
	return Command{Title: title, Root: true, Look: true, Script: jobLookSh + jobWaitSh, Stdout: lines,
		Timeout: 3 * waitSeconds * time.Second,
		Params: []Param{{"dir", dir}, {"follow", follow}, {"from", strconv.FormatInt(lines.seen, 10)},
			{"limit", strconv.Itoa(waitSeconds)}}}
}

// newBackoff gives pauses from 100 ms, doubling, up to 2 s.
func newBackoff() func() time.Duration {
	next := 100 * time.Millisecond
	return func() time.Duration {
		now := next
		next = min(2*next, 2*time.Second)
		return now
	}
}

const longestLine = 64 << 10

// lineWriter cuts a stream into lines and counts its bytes, so that it can be
// taken up where it broke off.
type lineWriter struct {
	emit func(string)
	seen int64
	part []byte
}

func (w *lineWriter) Write(p []byte) (int, error) {
	w.seen += int64(len(p))
	w.part = append(w.part, p...)
	for {
		line, rest, found := bytes.Cut(w.part, []byte("\n"))
		if !found && len(w.part) < longestLine {
			return len(p), nil
		}
		if !found {
			line, rest = w.part[:longestLine], w.part[longestLine:]
		}
		if w.emit != nil {
			w.emit(string(line))
		}
		w.part = rest
	}
}

func (w *lineWriter) flush() {
	if len(w.part) > 0 && w.emit != nil {
		w.emit(string(w.part))
	}
	w.part = nil
}
