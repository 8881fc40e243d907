package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/playbooks"
	"kea-lockstep/ssh"
)

// Remains is what runs left on one server.
func (f *Fleet) Remains(ctx context.Context, name string) (fleet.Remains, error) {
	s, err := f.server(name)
	if err != nil {
		return fleet.Remains{}, err
	}
	out, err := f.run(ctx, s, call{action: "remains", look: true})
	if err != nil {
		return fleet.Remains{}, err
	}
	left, err := parseRemains(out)
	if err != nil {
		return left.Remains, fmt.Errorf("%s: what runs left: %w", name, err)
	}
	book, err := f.book(ctx, s)
	if err != nil {
		return left.Remains, err
	}
	return left.Remains, f.fates(ctx, s, book, left)
}

// remains is what remains.sh tells: of the jobs, their names alone.
type remains struct {
	fleet.Remains
	turns []int // of each job, the newest
}

// parseRemains reads what remains.sh prints.
func parseRemains(out []byte) (remains, error) {
	var left remains
	found, err := parseSections(out)
	if err != nil {
		return left, err
	}
	left.Over = map[string]int{}
	for _, line := range found["over"] {
		run, epoch, err := parseEpoch(line)
		if err != nil {
			return left, err
		}
		left.Over[run] = epoch
	}
	if found.first("claim") == "" {
		return left, nil
	}
	if left.Claim.Run, left.Claim.Epoch, err = parseEpoch(found.first("claim")); err != nil {
		return left, err
	}
	var m struct {
		Run    string          `json:"run"`
		Driver string          `json:"driver"`
		Driven json.RawMessage `json:"driven"`
	}
	if err := json.Unmarshal([]byte(strings.Join(found["marker"], "\n")), &m); err != nil {
		return left, fmt.Errorf("the marker cannot be read: %w", err)
	}
	if m.Run != left.Claim.Run {
		return left, fmt.Errorf("run %s holds it, and its marker is of run %s", left.Claim.Run, m.Run)
	}
	left.Claim.Driver = m.Driver
	if left.Plan, err = unpack(m.Driven); err != nil {
		return left, err
	}
	since, err := strconv.ParseInt(found.first("since"), 10, 64)
	if err != nil {
		return left, fmt.Errorf("when the run took it cannot be read: %w", err)
	}
	left.Since = time.Unix(since, 0).UTC()
	for _, line := range found["jobs"] {
		if err := left.job(line); err != nil {
			return left, err
		}
	}
	return left, nil
}

// parseEpoch reads "RUN EPOCH".
func parseEpoch(text string) (string, int, error) {
	run, number, ok := strings.Cut(text, " ")
	epoch, err := strconv.Atoi(number)
	if !ok || err != nil {
		return "", 0, fmt.Errorf("%q names no run and epoch", text)
	}
	return run, epoch, nil
}

// job takes in a job's directory: "STEP/ATTEMPT", or "STEP/ATTEMPT.TURN" of one that was lost and done anew.
func (r *remains) job(dir string) error {
	step, key, _ := strings.Cut(dir, "/")
	number, again, anew := strings.Cut(key, ".")
	attempt, err := strconv.Atoi(number)
	turn := 1
	if anew && err == nil {
		turn, err = strconv.Atoi(again)
	}
	if err != nil {
		return fmt.Errorf("%q is no job's directory", dir)
	}
	i := slices.IndexFunc(r.Jobs, func(j fleet.Job) bool { return j.Step == step })
	if i < 0 {
		i = len(r.Jobs)
		r.Jobs, r.turns = append(r.Jobs, fleet.Job{Step: step}), append(r.turns, 0)
	}
	if j := &r.Jobs[i]; attempt > j.Attempt || attempt == j.Attempt && turn > r.turns[i] {
		j.Attempt, r.turns[i] = attempt, turn
	}
	return nil
}

// fates asks how far each job got, and what those reported that ended well.
func (f *Fleet) fates(ctx context.Context, s *server, book playbooks.Playbook, left remains) error {
	errs := make([]error, len(left.Jobs))
	var wait sync.WaitGroup
	slots := make(chan struct{}, 4) // sshd grants a connection few sessions
	for i := range left.Jobs {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			j := &left.Jobs[i]
			dir := jobDir(book.State, left.Claim.Run, j.Step, j.Attempt, left.turns[i])
			state, err := s.host.Job(ctx, dir)
			if err != nil {
				errs[i] = sshError(err)
				return
			}
			j.State = jobStates[state.Phase]
			if state.Phase != ssh.JobDone || state.Refused || state.Status != 0 {
				return
			}
			out, _, err := s.host.JobOutput(ctx, dir, largestOutput)
			if err != nil {
				errs[i] = sshError(err)
				return
			}
			j.Facts = reported(out)
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}
