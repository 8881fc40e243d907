package view

import (
	"fmt"
	"slices"
	"time"

	"kea-lockstep/orchestrator/journal"
)

// Ending is what is said when a drive ends: for each group that is not done, what happened, why, where the fleet stands now and
// the commands to type next.
type Ending struct {
	status journal.Status
	at     Where
}

// NewEnding makes the view of a status that a drive ended with.
func NewEnding(s journal.Status, at Where) Ending { return Ending{Complete(s, at), at} }

// Sentence says in one line how the run ended.
func (v Ending) Sentence() string {
	for _, g := range v.status.Groups {
		if g.State == v.status.State && g.State != journal.Done {
			return v.heading(g)
		}
	}
	return v.done()
}

// done says what was reached and what it cost.
func (v Ending) done() string {
	s := v.status
	var schemas []string
	for _, d := range s.Bases {
		schemas = append(schemas, d.After.String())
	}
	living := slices.DeleteFunc(slices.Clone(s.Servers), func(one journal.ServerStatus) bool { return one.Dead })
	text := fmt.Sprintf("done: %s at Kea %s", count(len(living), "server"), s.Target)
	if len(schemas) > 0 {
		text += ", schema " + names(unique(schemas))
	}
	if gone := len(s.Servers) - len(living); gone > 0 {
		text += fmt.Sprintf("; %s declared dead", count(gone, "server"))
	}
	for _, g := range s.Groups {
		if o := g.Outage; !o.Back.IsZero() {
			text += fmt.Sprintf("; %s was %s", g.ID, span(o))
		}
	}
	return text
}

func (v Ending) heading(g journal.GroupStatus) string {
	text := string(g.State)
	if len(v.status.Groups) > 1 {
		text = g.ID + ": " + text
	}
	switch g.State {
	case journal.Refused, journal.Waiting:
		return text
	case journal.Paused:
		return text + pausedBefore(g) + past(g)
	}
	phase := g.Phase
	if g.Problem != nil && g.Problem.Phase != "" {
		phase = g.Problem.Phase // others may have gone on since
	}
	if i := slices.IndexFunc(g.Phases, func(p journal.PhaseStatus) bool { return p.Name == phase }); i >= 0 {
		text += fmt.Sprintf(" in phase %d, %s", i+1, phase)
	}
	switch {
	case g.Untold:
		return text + ": how far it got was not asked yet"
	case g.State == journal.BackedOut, g.State == journal.RolledBack:
		return text + ": the old state serves again"
	case g.PastReturn:
		return text + ", after the point of no return"
	default:
		return text + ", before the point of no return"
	}
}

// Text shows every group that is not done.
func (v Ending) Text(p *Page) {
	for _, g := range v.status.Groups {
		if g.State == journal.Done {
			continue
		}
		p.line(stateTone(g.State), "kea-lockstep: %s", v.heading(g))
		p.blank()
		v.problem(p, g)
	}
	if v.status.State == journal.Done {
		p.line(good, "kea-lockstep: %s", v.done())
		for _, b := range v.status.Backups { // a dump takes a file's room, a copy the database's
			if b.Copy != "" {
				p.labelled(bold, 2, "kept", fmt.Sprintf("%s, %s", b.Where(), proof(b, v.status.Backups)))
			}
		}
	}
	v.dead(p)
}

func (v Ending) problem(p *Page, g journal.GroupStatus) {
	if text := cost(v.status, g, v.status.Ended); text != "" {
		p.line(bad, "  %s%s", pad("outage", labelWidth), text)
	}
	if g.Problem != nil {
		p.labelled(bold, 2, "what", g.Problem.What)
		if g.Problem.Why != "" {
			p.labelled(bold, 2, "why", g.Problem.Why)
		}
	}
	for i, line := range v.now(g) {
		p.labelled(bold, 2, first(i, "now"), line)
	}
	for _, b := range v.status.Backups {
		p.labelled(bold, 2, "", fmt.Sprintf("backup %s, %s", b.Where(), proof(b, v.status.Backups)))
	}
	for _, b := range v.status.Kept {
		p.labelled(bold, 2, "", fmt.Sprintf("kept %s, what was there before the restore", b.Where()))
	}
	p.blank()
	var rows [][]cell
	for i, n := range v.next(g) {
		rows = append(rows, []cell{ct(bold, pad(first(i, "next"), labelWidth-gap)), c(n.Command), c(n.Does)})
	}
	p.table(2, rows...)
	p.blank()
}

func (v Ending) now(g journal.GroupStatus) []string {
	if g.Untold {
		return []string{names(serversOf(v.status, g)) + ": held by this run; this drive did nothing there, and did not ask how far it got"}
	}
	if !Touched(g) {
		return []string{"nothing was changed on " + names(serversOf(v.status, g))}
	}
	return whereabouts(v.status, g, time.Time{})
}

func serversOf(s journal.Status, g journal.GroupStatus) (all []string) {
	for _, server := range s.Servers {
		if server.Group == g.ID {
			all = append(all, server.Name)
		}
	}
	return all
}

// next are the problem's own ways on, or those that follow from the state.
func (v Ending) next(g journal.GroupStatus) []journal.Next {
	if g.Problem != nil {
		return g.Problem.Next
	}
	return ways(v.status, g, v.at)
}

func first(i int, label string) string {
	if i > 0 {
		return ""
	}
	return label
}
