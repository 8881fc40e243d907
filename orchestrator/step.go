package orchestrator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator/journal"
)

// step does one step: asks whether it is already so, writes down the intent, acts, and asks again. The first question is left out
// where the run has never begun the step: every step can be done over what is already so, and clients wait.
func (g *groupDrive) step(ctx context.Context, phase string, s Step) error {
	def := kinds[s.Kind]
	before := g.recorded(s.ID)
	if def.probe == nil && (g.had(s) || g.tooLate(s)) {
		return nil
	}
	if s.Kind == KindMigrate {
		return g.migrate(ctx, phase, s)
	}
	if (s.Kind == KindFence || s.Kind == KindStop) && g.mayRun(s.Server) {
		return nil // it was rolled and let run, and is to be confirmed again: nobody waits for it once more
	}
	if def.probe != nil && !def.look && (g.resumed || before.Attempt > 0 || s.Back()) {
		if v := def.probe(ctx, g.scene(), s); v.OK() {
			return g.done(ctx, phase, s, journal.Result{Saw: v.Saw, Probed: true})
		}
	}
	if err := g.mayAct(); err != nil {
		return err
	}
	g.releasing(s)
	if err := g.begin(ctx, phase, s); err != nil {
		return err
	}
	result, v, err := g.apply(ctx, s, def)
	if fatal(err) || ctx.Err() != nil {
		return errors.Join(err, ctx.Err())
	}
	if !v.OK() {
		failed := g.failed(ctx, phase, s, v, err)
		switch {
		case !g.dispensable(s, err, failed):
			return failed
		case before.Failed == "":
			return g.step(ctx, phase, s) // once more, before it is left out
		}
		return nil
	}
	if result.Saw == "" {
		result.Saw = v.Saw
	}
	return g.done(ctx, phase, s, result)
}

// apply acts and asks whether it is so now. A step whose fate is unknown is done again once its server answers and says that it is
// not so: a job that runs is found, and nothing is started twice.
func (g *groupDrive) apply(ctx context.Context, s Step, def kind) (journal.Result, fleet.Verdict, error) {
	switch {
	case def.read != nil:
		return g.reads(ctx, s, def)
	case def.look:
		return g.settle(ctx, s, def)
	}
	for attempt := 1; ; attempt++ {
		result, err := g.order(ctx, s, def)
		if fatal(err) {
			return result, fleet.Verdict{}, err
		}
		if errors.Is(err, ErrUnreached) {
			return result, fleet.Doubt("%v", err), err // it was waited for
		}
		v := reported(s, result, err)
		if def.probe != nil {
			v = g.await(ctx, s, def, def.patience)
		}
		if v.OK() || !errors.Is(err, ErrFateUnknown) || attempt == attempts || v.Answer == fleet.CannotTell || !g.again(ctx, s) {
			return result, v, err // where it cannot be told, an answer was waited for
		}
	}
}

// attempts is how often a step is given to a server that it may not have reached.
const attempts = 3

// again waits for what a step needs to answer, and says whether it may be done once more.
func (g *groupDrive) again(ctx context.Context, s Step) bool {
	return g.answers(ctx, s.Server) && g.mayAct() == nil
}

// answers waits until a server and the databases that it uses answer, as long as one may be away.
func (g *groupDrive) answers(ctx context.Context, server string) bool {
	w := g.scene()
	return g.until(ctx, patience, func() fleet.Verdict {
		if _, err := w.Pulse(ctx, server); err != nil {
			return fleet.Doubt("%s: %v", server, err)
		}
		for _, d := range g.group.Databases {
			for _, at := range d.Places {
				if at.Server != server {
					continue
				}
				if _, err := w.Clients(ctx, at); err != nil {
					return fleet.Doubt("%s: %v", at, err)
				}
			}
		}
		return fleet.Affirm("%s: answers", server)
	}).OK()
}

// reads reads what the step's result is, and waits as long as there may be no answer.
func (g *groupDrive) reads(ctx context.Context, s Step, def kind) (result journal.Result, v fleet.Verdict, err error) {
	v = g.until(ctx, patience, func() fleet.Verdict {
		if result, err = def.read(ctx, g.scene(), s); err != nil {
			return fleet.Doubt("%v", err)
		}
		return fleet.Affirm("%s", result.Saw)
	})
	return result, v, err
}

// reported is the verdict where only the report of the step itself tells. A backup that is nowhere is none.
func reported(s Step, r journal.Result, err error) fleet.Verdict {
	switch {
	case err != nil:
		return fleet.Deny("%v", err)
	case s.Kind == KindDump && r.Facts[journal.FactPath]+r.Facts[journal.FactBackup]+r.Facts[journal.FactCopy] == "":
		return fleet.Deny("it reported success, and no backup")
	}
	return fleet.Affirm("done")
}

// order gives a step to the actor, and once more where it did not reach its server.
func (g *groupDrive) order(ctx context.Context, s Step, def kind) (journal.Result, error) {
	o := Order{
		Step: s, Run: g.Run, Epoch: g.epoch, Attempt: g.recorded(s.ID).Attempt, Driver: g.Driver,
		Plan: &g.plan, Group: g.group,
		Results:  g.results,
		Progress: func(p journal.Progress) { g.progress(ctx, s, p) },
	}
	for attempt := 1; ; attempt++ {
		limited, cancel := context.WithTimeout(ctx, def.deadline)
		result, err := g.Actor.Do(limited, o)
		cancel()
		if !errors.Is(err, ErrUnreached) || attempt == attempts || !g.again(ctx, s) {
			return result, err
		}
	}
}

// await asks until the answer is yes or patience ends. The pause between questions is short: the outage is the price.
func (g *groupDrive) await(ctx context.Context, s Step, def kind, patience time.Duration) fleet.Verdict {
	return g.asking(ctx, cmp.Or(def.pause, shortPause), patience, func() fleet.Verdict { return def.probe(ctx, g.scene(), s) })
}

// until asks until the answer is yes or patience ends. That begins anew whenever nothing could be told, for as long as an answer may
// be missing.
func (g *groupDrive) until(ctx context.Context, patience time.Duration, ask func() fleet.Verdict) fleet.Verdict {
	return g.asking(ctx, shortPause, patience, ask)
}

// asking is until, with its first pause.
func (g *groupDrive) asking(ctx context.Context, pause, patience time.Duration, ask func() fleet.Verdict) fleet.Verdict {
	begun := time.Now()
	deadline := begun.Add(patience)
	for ; ; pause = min(2*pause, longPause) {
		v := ask()
		if v.Answer == fleet.CannotTell && time.Since(begun) < cmp.Or(g.Absence, absence) {
			deadline = time.Now().Add(max(patience, 2*longPause))
		}
		if v.OK() || ctx.Err() != nil || !time.Now().Add(pause).Before(deadline) {
			return v
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// The pause between two questions about the same thing is short at first, because clients wait, and grows: asking is work, for
// servers that have something better to do.
const (
	shortPause = 50 * time.Millisecond
	longPause  = 400 * time.Millisecond
)

// settle waits for a look to say yes, and for a confirmation to say it still with the same processes once they have settled.
func (g *groupDrive) settle(ctx context.Context, s Step, def kind) (journal.Result, fleet.Verdict, error) {
	v := g.await(ctx, s, def, def.patience)
	result := journal.Result{Saw: v.Saw, Facts: map[string]string{journal.FactAnswered: time.Now().UTC().Format(time.RFC3339Nano)}}
	if s.Kind == KindVerify {
		d, _ := g.group.Database(s.Database)
		result.Facts = schemaOf(d, d.Leads(s.Back()))
	}
	if !v.OK() || s.Kind != KindConfirm {
		return result, v, nil
	}
	first := g.daemons(ctx, s.Server)
	select {
	case <-time.After(g.plan.Options.Settle):
	case <-ctx.Done():
		return result, fleet.Doubt("%v", ctx.Err()), nil
	}
	if now := g.daemons(ctx, s.Server); now != first {
		return result, fleet.Deny("%s: its daemons were restarted while they settled: %s, then %s", s.Server, first, now), nil
	}
	if v = g.await(ctx, s, def, 0); v.OK() { // no answer is waited for, and a no is a no
		g.mu.Lock()
		g.confirmed[s.Server] = confirmation{time.Now().Round(0), first} // by the wall: this machine may sleep
		g.mu.Unlock()
	}
	return result, v, nil
}

// confirmation is when a server was confirmed, and the daemons that were.
type confirmation struct {
	at      time.Time
	daemons string
}

// daemons names the daemon processes of a server, or says why it cannot be told.
func (g *groupDrive) daemons(ctx context.Context, server string) string {
	p, err := g.World.Pulse(ctx, server)
	if err != nil {
		return err.Error()
	}
	return daemonsOf(p)
}

func daemonsOf(p fleet.Pulse) string {
	text := ""
	for _, d := range p.Processes {
		text += fmt.Sprintf("%s[%d since %s] ", d.Daemon, d.PID, d.Started)
	}
	return text
}

// begin writes down the intent.
func (g *groupDrive) begin(ctx context.Context, phase string, s Step) error {
	attempt, err := g.attempt(ctx, s)
	if err != nil {
		return &stepError{step: s, phase: phase, saw: fleet.Doubt("it cannot be told whether an earlier attempt still runs: %v", err), cause: err}
	}
	return g.record(ctx, journal.Event{Type: journal.StepBegun, Phase: phase, Step: s.ID, Server: s.Server}.With(
		journal.Attempt{Number: attempt, Title: s.Title, Kind: string(s.Kind)}))
}

// attempt gives the number that a step is begun under. A job that runs keeps its own, so that it is found again and not started
// twice, and so does one whose end nobody has heard yet; a migration's was waited for, and the database tells what it did. A proof of an
// earlier dump proves nothing: its end is waited for, and it is begun anew.
func (g *groupDrive) attempt(ctx context.Context, s Step) (int, error) {
	before, def := g.recorded(s.ID), kinds[s.Kind]
	if g.provesAnother(s) {
		return before.Attempt + 1, g.outlast(ctx, s)
	}
	same := before.Flight
	if def.job && before.Attempt > 0 {
		state, err := g.job(ctx, s)
		if err != nil {
			return 0, err
		}
		same = state == fleet.JobRunning || before.Flight && (state == fleet.JobAbsent || state == fleet.JobEnded && s.Kind != KindMigrate)
	}
	if same {
		return before.Attempt, nil
	}
	return before.Attempt + 1, nil
}

// provesAnother reports whether the newest attempt of a proof was begun before the dump that is to be proved was there.
func (g *groupDrive) provesAnother(s Step) bool {
	if before := g.recorded(s.ID); s.Kind == KindProve && before.Attempt > 0 {
		d, _ := g.group.Database(s.Database)
		return before.Began.Before(g.recorded(DumpID(s.Server, d)).Ended)
	}
	return false
}

// job asks how far the newest attempt of a step got, and waits as long as there may be no answer. One that was never begun is absent.
func (g *groupDrive) job(ctx context.Context, s Step) (state fleet.JobState, err error) {
	before := g.recorded(s.ID)
	if before.Attempt == 0 {
		return fleet.JobAbsent, nil
	}
	g.until(ctx, patience, func() fleet.Verdict {
		if state, err = g.World.Job(ctx, s.Server, g.Run, s.ID, before.Attempt); err != nil {
			return fleet.Doubt("%s: %v", s.Server, err)
		}
		return fleet.Affirm("%s", state)
	})
	return state, err
}

func (g *groupDrive) done(ctx context.Context, phase string, s Step, r journal.Result) error {
	r.Kind = string(s.Kind)
	if s.Kind == KindInstall {
		r.Facts = map[string]string{journal.FactVersion: g.scene().version(s).String()}
	}
	return g.record(ctx, journal.Event{Type: journal.StepDone, Phase: phase, Step: s.ID, Server: s.Server}.With(r))
}

func (g *groupDrive) failed(ctx context.Context, phase string, s Step, v fleet.Verdict, cause error) error {
	err := &stepError{step: s, phase: phase, saw: v, cause: cause}
	if werr := g.record(ctx, journal.Event{Type: journal.StepFailed, Phase: phase, Step: s.ID, Server: s.Server}.With(err.Error())); werr != nil {
		return werr
	}
	return err
}

// stepError is a step after which the world is not as it should be.
type stepError struct {
	step  Step
	phase string
	saw   fleet.Verdict
	cause error
}

func (e *stepError) Error() string {
	text := fmt.Sprintf("%s: %s: %s", e.step.Server, e.step.Title, e.saw.Saw)
	if e.cause != nil && e.cause.Error() != e.saw.Saw {
		text += " (" + e.cause.Error() + ")"
	}
	return text
}

func (e *stepError) Unwrap() error { return e.cause }

// releasing notes that a server's fence is about to be lifted: from here the watch lets it run.
func (g *groupDrive) releasing(s Step) {
	if s.Kind == KindUnfence {
		g.mu.Lock()
		g.free[s.Server] = true
		g.mu.Unlock()
	}
}
