package view

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"kea-lockstep/orchestrator/journal"
)

// Status is where a run stands.
type Status struct {
	journal.Status
	now time.Time
}

// NewStatus makes the view of a run's status, completed with where each server and database stands and the commands to type next.
// The time is for what still lasts.
func NewStatus(s journal.Status, now time.Time, at Where) Status {
	s = Complete(s, at)
	s.Servers, s.Bases, s.Backups, s.Kept = listed(s.Servers), listed(s.Bases), listed(s.Backups), listed(s.Kept)
	s.Groups = listed(slices.Clone(s.Groups))
	for i := range s.Groups {
		s.Groups[i].Phases = listed(s.Groups[i].Phases)
	}
	return Status{s, now}
}

// MarshalJSON puts the name of the format first.
func (v Status) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Format string `json:"format"`
		journal.Status
	}{"kea-lockstep.status/1", v.Status})
}

// Text shows the run: its heading, each group with its phases, servers and databases, backups, and the command to type next.
func (v Status) Text(p *Page) {
	p.line(bold, "run %s  %s", v.Run, v.State)
	p.table(2,
		cells("began", stamp(v.Began), "driver "+cmp.Or(v.Driver, "unknown")),
		cells("ended", cmp.Or(stamp(v.Ended), "-"), fmt.Sprintf("drive %d, %s", v.Epoch, v.Command)),
		cells("fleet", v.Fleet),
		cells("target", v.Target.String()),
	)
	for _, g := range v.Groups {
		p.blank()
		v.group(p, g)
	}
	if len(v.Backups) > 0 {
		p.blank()
		for _, b := range v.Backups {
			p.line(plain, "  backup  %s  %s", b.Where(), proof(b, v.Backups))
		}
		for _, b := range v.Kept {
			p.line(plain, "  kept    %s  what was there before the restore", b.Where())
		}
	}
	if v.Next != "" {
		p.blank()
		p.line(plain, "  next    %s", v.Next)
	}
}

func (v Status) group(p *Page, g journal.GroupStatus) {
	p.line(bold, "  %s  %s%s", g.ID, g.State, past(g))
	p.line(plain, "  %s", marks(g))
	if text := cost(v.Status, g, v.now); text != "" {
		p.line(bad, "  outage  %s", text)
	} else if outage := v.outage(g); outage != "" {
		p.line(plain, "  outage  %s", outage)
	}
	p.block(plain, 4, strings.Join(whereabouts(v.Status, g, v.now), "\n"))
	if g.Problem != nil {
		p.labelled(plain, 2, "what", g.Problem.What)
		if g.Problem.Why != "" {
			p.labelled(plain, 2, "why", g.Problem.Why)
		}
	}
	for _, s := range g.Strangers {
		p.labelled(mild, 2, "seen", s)
	}
}

// proof says how a backup was proved. Each database is dumped twice and one of the two is restored to prove it.
func proof(b journal.Backup, all []journal.Backup) string {
	twin := slices.ContainsFunc(all, func(other journal.Backup) bool { return other.Database == b.Database && other.Proved != "" })
	switch {
	case b.Proved != "":
		return b.Proved
	case b.Name != "" && b.Said == "":
		return "not proved; the command said nothing"
	case b.Name != "":
		return "not proved; the command said: " + b.Said
	case twin:
		return "second copy"
	default:
		return "not proved by a restore"
	}
}

func past(g journal.GroupStatus) string {
	switch {
	case g.State == journal.Done, g.State == journal.RolledBack:
		return ""
	case g.RollingBack && g.PastReturn:
		return ", rolling back from past the point of no return"
	case g.RollingBack:
		return ", rolling back"
	case g.PastReturn:
		return ", past the point of no return"
	case g.BackingOut:
		return ", backing out"
	default:
		return ""
	}
}

// marks shows the phases in a line: done, begun, still to come.
func marks(g journal.GroupStatus) string {
	var parts []string
	for _, phase := range g.Phases {
		mark := "·"
		switch phase.State {
		case journal.Done:
			mark = "✓"
		case journal.Running:
			mark = "▶"
		}
		parts = append(parts, mark+" "+phase.Name)
	}
	return strings.Join(parts, "  ")
}

// outage says how long clients went without an answer, or do by now.
func (v Status) outage(g journal.GroupStatus) string {
	o := g.Outage
	switch {
	case o.Stopped.IsZero():
		return ""
	case o.Back.IsZero() && g.State.Over():
		return ""
	case o.Back.IsZero() && o.Rolled:
		return "one server at a time"
	case o.Back.IsZero():
		return fmt.Sprintf("%s so far, since %s", seconds(max(0, v.now.Sub(o.Stopped).Seconds())), stamp(o.Stopped))
	}
	text := span(o)
	if missing := len(o.Server) - len(o.Per); missing > 0 && !o.SetBack() {
		text += fmt.Sprintf("; %d not back yet", missing)
	}
	return text
}

// span says how long an outage that has ended was.
func span(o journal.Outage) string {
	if o.SetBack() {
		return "without any server for a time that nobody can tell: a clock was set back meanwhile"
	}
	last := 0.0
	for _, s := range o.Per {
		last = max(last, s)
	}
	if o.Rolled {
		return fmt.Sprintf("one server at a time, %s at most", seconds(last))
	}
	return fmt.Sprintf("%s without any server, %s to the last", seconds(o.AllDown), seconds(last))
}

// Runs is every run that is kept.
type Runs []journal.Status

// MarshalJSON puts the name of the format first.
func (v Runs) MarshalJSON() ([]byte, error) {
	type run struct {
		Run    string        `json:"run"`
		State  journal.State `json:"state"`
		Target string        `json:"target"`
		Fleet  string        `json:"fleet"`
		Driver string        `json:"driver"`
		Began  time.Time     `json:"began"`
		Ended  time.Time     `json:"ended,omitzero"`
		Next   string        `json:"next"`
	}
	runs := []run{}
	for _, s := range v {
		runs = append(runs, run{s.Run, s.State, s.Target.String(), s.Fleet, s.Driver, s.Began, s.Ended, s.Next})
	}
	return json.Marshal(struct {
		Format string `json:"format"`
		Runs   []run  `json:"runs"`
	}{"kea-lockstep.runs/1", runs})
}

// Text shows a line for each run.
func (v Runs) Text(p *Page) {
	if len(v) == 0 {
		p.line(plain, "no run is kept here")
		return
	}
	var rows [][]cell
	for _, s := range v {
		rows = append(rows, []cell{c(s.Run), ct(stateTone(s.State), string(s.State)), c(s.Target.String()), c(s.Fleet), c(s.Next)})
	}
	p.table(0, rows...)
}

func stateTone(s journal.State) tone {
	switch s {
	case journal.Done:
		return good
	case journal.Halted, journal.Interrupted:
		return bad
	case journal.Running, journal.Waiting:
		return plain
	default:
		return mild
	}
}
