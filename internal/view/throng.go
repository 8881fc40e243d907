package view

import (
	"fmt"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// throng counts what is done on each server of a large group alike: two hundred lines for each step are read by nobody. What fails,
// and what is done on the canary or on one server for a database, is told as in a small group.
type throng struct {
	group, phase string
	steps        []*throngStep
}

type throngStep struct {
	title      string
	done, told int
}

// parts is in how many lines the progress of a step is told.
const parts = 5

// takes says whether an event is one of many that are alike.
func (p *Progress) takes(e journal.Event, servers int) (kind string, ok bool) {
	switch e.Type {
	case journal.StepBegun:
		var a journal.Attempt
		_ = e.Read(&a) // of no kind, it is told by itself
		kind, ok = a.Kind, a.Number == 1
	case journal.StepDone:
		var r journal.Result
		_ = e.Read(&r)
		kind, ok = r.Kind, !r.Probed
	}
	if !ok || servers <= fleet.Crowd {
		return "", false
	}
	switch e.Phase {
	case orchestrator.UpgradeCanary, orchestrator.StartCanary, orchestrator.ConfirmCanary:
		return "", false
	}
	switch orchestrator.Kind(kind) {
	case orchestrator.KindPrefetch, orchestrator.KindStage, orchestrator.KindClaim, orchestrator.KindFence, orchestrator.KindStop, orchestrator.KindInstall,
		orchestrator.KindConfigure, orchestrator.KindTest, orchestrator.KindUnfence, orchestrator.KindStart, orchestrator.KindConfirm, orchestrator.KindRelease:
		return kind, true
	}
	return "", false
}

// counted words an event of many: when the first server begins with what takes long, and each time that it is done on so many more.
func (p *Progress) counted(e journal.Event, kind string, servers int) string {
	t := p.throng(e)
	title := p.title(e.Group+" "+e.Step, e.Step)
	if e.Type == journal.StepBegun {
		var a journal.Attempt
		_ = e.Read(&a)
		p.begun[e.Group+" "+e.Step] = a
		title = a.Title
	}
	s, first := t.step(title)
	switch {
	case e.Type == journal.StepBegun && first && slow(kind):
		return title + " ..."
	case e.Type == journal.StepBegun:
		return ""
	}
	if s.done++; s.done-s.told < (servers+parts-1)/parts {
		return ""
	}
	return s.tell()
}

func (s *throngStep) tell() string {
	s.told = s.done
	return fmt.Sprintf("%s: %s", s.title, count(s.done, "server"))
}

// throng gives what is counted in the event's phase.
func (p *Progress) throng(e journal.Event) *throng {
	for _, t := range p.throngs {
		if t.group == e.Group && t.phase == e.Phase {
			return t
		}
	}
	t := &throng{group: e.Group, phase: e.Phase}
	p.throngs = append(p.throngs, t)
	return t
}

func (t *throng) step(title string) (s *throngStep, first bool) {
	for _, s := range t.steps {
		if s.title == title {
			return s, false
		}
	}
	s = &throngStep{title: title}
	t.steps = append(t.steps, s)
	return s, true
}

// remaining tells at the end of a phase what was counted and not told yet, and forgets it.
func (p *Progress) remaining(e journal.Event) (lines []string) {
	for i, t := range p.throngs {
		if t.group != e.Group || t.phase != e.Phase {
			continue
		}
		for _, s := range t.steps {
			if s.done > s.told {
				lines = append(lines, s.tell())
			}
		}
		p.throngs = append(p.throngs[:i:i], p.throngs[i+1:]...)
		break
	}
	return lines
}
