package view

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// Report is what happened in a run, for those who were not there.
type Report struct {
	journal.Status
	now     time.Time
	at      Where
	verbose bool
	damaged string // why the journal cannot be read to its end
}

// NewReport makes the report of a run. The time is for what still lasts; damaged is why the journal cannot be read to its end, if so. A
// verbose one tells each step of each server by itself, and what each gate saw.
func NewReport(s journal.Status, now time.Time, at Where, damaged error, verbose bool) Report {
	v := Report{Status: NewStatus(s, now, at).Status, now: now, at: at, verbose: verbose}
	if damaged != nil {
		v.damaged = damaged.Error()
	}
	return v
}

// MarshalJSON gives what a status has, and beside it the drives, the timeline, each server's times without an answer, and the risks
// that were accepted.
func (v Report) MarshalJSON() ([]byte, error) {
	type down struct {
		Server string `json:"server"`
		journal.Span
	}
	type group struct {
		journal.GroupStatus
		Down []down `json:"down"`
	}
	groups := []group{}
	for _, g := range v.Groups {
		one := group{g, []down{}}
		for _, name := range serversOf(v.Status, g) {
			for _, s := range g.Outage.Server[name].Spans() {
				one.Down = append(one.Down, down{name, s})
			}
		}
		groups = append(groups, one)
	}
	return json.Marshal(struct {
		Format string `json:"format"`
		journal.Status
		Damaged  string                `json:"damaged,omitempty"`
		Groups   []group               `json:"groups"`
		Accepted []string              `json:"accepted"`
		Drives   []journal.DriveStatus `json:"drives"`
		Timeline []journal.Moment      `json:"timeline"`
	}{"kea-lockstep.report/1", v.Status, v.damaged, groups, listed(v.Accepted), listed(v.Drives), listed(v.Moments())})
}

// headline says in one line how the run stands or ended.
func (v Report) headline() string {
	switch {
	case len(v.Groups) == 0 && v.damaged != "":
		return "its journal is damaged before the plan"
	case len(v.Groups) == 0:
		return string(v.State) + ": it has no plan"
	}
	if v.State == journal.Running {
		return "running"
	}
	if v.damaged != "" {
		return "as far as its journal holds: " + NewEnding(v.Status, v.at).Sentence()
	}
	return NewEnding(v.Status, v.at).Sentence()
}

// open reports whether something is left to do.
func (v Report) open() bool { return !v.State.Over() }

// named is a fact with its name.
type named struct{ Name, Text string }

// facts are what a report says at its head.
func (v Report) facts() []named {
	all := []named{{"move", v.versions()}, {"began", stamp(v.Began)}}
	switch {
	case v.Began.IsZero():
	case v.Ended.IsZero():
		all = append(all, named{"ended", "not yet"})
	case v.Ended.Before(v.Began):
		all = append(all, named{"ended", stamp(v.Ended)})
	default:
		all = append(all, named{"ended", stamp(v.Ended) + ", after " + seconds(v.Ended.Sub(v.Began).Seconds())})
	}
	all = append(all, named{"fleet", v.Fleet}, named{"plan", v.Plan}, named{"risks", v.risks()}, named{"lost", v.lost()})
	return slices.DeleteFunc(all, func(n named) bool { return n.Text == "" })
}

// lost says what a restore took away, or would, as it was counted before the rollback was asked for.
func (v Report) lost() string {
	var lines []string
	for _, g := range v.Groups {
		for _, l := range g.Lost {
			lines = append(lines, l.Saw...)
		}
		if len(g.Lost) > 0 && g.State != journal.RolledBack {
			lines = append(lines, "as counted before the rollback was asked for")
		}
	}
	return strings.Join(lines, "\n")
}

// versions says from where to where the run goes.
func (v Report) versions() string {
	var kea, schema, to []string
	for _, s := range v.Servers {
		kea = append(kea, s.Before.String())
	}
	for _, d := range v.Bases {
		schema = append(schema, d.Before.String())
		if d.After != d.Before {
			to = append(to, d.After.String())
		}
	}
	text := fmt.Sprintf("Kea %s -> %s", names(unique(kea)), v.Target)
	switch {
	case v.Target.IsZero():
		return ""
	case len(kea) == 0:
		return "Kea " + v.Target.String()
	case len(schema) > 0 && len(to) > 0:
		text += fmt.Sprintf(", schema %s -> %s", names(unique(schema)), names(unique(to)))
	case len(schema) > 0:
		text += ", schema " + names(unique(schema))
	}
	return text
}

func (v Report) risks() string {
	if len(v.Groups) == 0 {
		return ""
	}
	var all []string
	for _, r := range v.Accepted {
		text := r
		if why := riskText(orchestrator.Risk(r)); why != "" {
			text += " (" + why + ")"
		}
		all = append(all, text)
	}
	if len(all) == 0 {
		return "none accepted"
	}
	return strings.Join(all, "; ") + " accepted"
}

// servers are rows of what each server was and is: names, before, after, where it stands.
func (v Report) servers(g journal.GroupStatus) (rows [][]string) {
	var all []alike
	for _, s := range v.Servers {
		if s.Group != g.ID {
			continue
		}
		after := "as before"
		if !s.After.IsZero() && s.After != s.Before {
			after = s.After.String()
		}
		_, stands, _ := strings.Cut(serverStands(v.Status, g, s), ", ")
		all = append(all, alike{names: []string{s.Name}, rows: [][]cell{cells(s.Before.String(), after, stands)}})
	}
	for _, row := range crowded(all) {
		var texts []string
		for _, c := range row {
			texts = append(texts, c.text)
		}
		rows = append(rows, texts)
	}
	return rows
}

// databases are rows of what each database was and is: name, product, schema before, schema after.
func (v Report) databases(g journal.GroupStatus) (rows [][]string) {
	for _, d := range v.Bases {
		if d.Group != g.ID {
			continue
		}
		after := d.After.String()
		switch {
		case d.After == d.Before && g.PastReturn && g.MigrationBegun(d):
			after = "its migration was begun"
		case d.After == d.Before:
			after = "as before"
		}
		rows = append(rows, []string{d.Name, d.Product, d.Before.String(), after})
	}
	return rows
}

// outage says how long a group's clients had no answer, against what the plan said.
func (v Report) outage(g journal.GroupStatus) string {
	o := g.Outage
	text := Status{v.Status, v.now}.outage(g)
	switch {
	case g.Untold:
		return "not known yet: how far it got was not asked"
	case o.Stopped.IsZero():
		return "none: no server was stopped"
	case text == "":
		return "nobody can tell: no server was confirmed after it"
	case o.Rolled || g.Estimate == 0 && g.Last == 0:
		return text
	}
	return fmt.Sprintf("%s (estimated %s and %s)", text, seconds(g.Estimate), seconds(g.Last))
}

// downs are rows of how long each server gave no answer, and when: in a crowd only the first and the last that were back.
func (v Report) downs(g journal.GroupStatus) (rows [][]string) {
	if g.Outage.SetBack() {
		return nil
	}
	all := serversOf(v.Status, g)
	all = slices.DeleteFunc(all, func(name string) bool { return len(g.Outage.Server[name].Spans()) == 0 })
	place := make([]string, len(all))
	if len(all) > fleet.Crowd && !v.verbose {
		slices.SortStableFunc(all, func(a, b string) int { return int(v.down(g, a) - v.down(g, b)) })
		place = []string{"first of " + count(len(all), "server"), "in the middle", "last"}
		all = []string{all[0], all[len(all)/2], all[len(all)-1]}
	}
	for i, name := range all {
		spans := g.Outage.Server[name].Spans()
		var when []string
		for _, s := range spans {
			until := "now"
			if !s.Until.IsZero() {
				until = clock(s.Until, v.Began)
			} else if !v.open() {
				until = "?"
			}
			when = append(when, clock(s.From, v.Began)+" to "+until)
		}
		rows = append(rows, []string{name, seconds(v.down(g, name).Seconds()), strings.Join(when, ", "), place[i]})
	}
	return rows
}

// down is how long a server gave no answer, by now.
func (v Report) down(g journal.GroupStatus, name string) time.Duration {
	return v.sum(g.Outage.Server[name])
}

func (v Report) sum(o journal.ServerOutage) (sum time.Duration) {
	for _, s := range o.Spans() {
		until := s.Until
		if until.IsZero() {
			until = v.now
		}
		sum += max(0, until.Sub(s.From))
	}
	return sum
}

// backup is a dump as a report tells it.
type backup struct{ What, Where, Size, Digest, Taken, Proof string }

// lasting gives the dumps that were not written over by a later one.
func (v Report) lasting() (all []journal.Backup) {
	for i, b := range v.Backups {
		later := func(o journal.Backup) bool {
			return o.Server == b.Server && o.Path == b.Path && o.Name == b.Name && o.Copy == b.Copy
		}
		if !slices.ContainsFunc(v.Backups[i+1:], later) {
			all = append(all, b)
		}
	}
	return all
}

func (v Report) backups() (all []backup) {
	name := func(b journal.Backup) string {
		for _, d := range v.Bases {
			if d.ID == b.Database {
				return d.Name
			}
		}
		return string(b.Database)
	}
	one := func(b journal.Backup, what, proof string) backup {
		if !b.ProvedAt.IsZero() {
			proof = fmt.Sprintf("proved %s: %s", stamp(b.ProvedAt), proof)
		}
		digest, long := "", b.Bytes
		if n, err := strconv.ParseInt(b.Bytes, 10, 64); err == nil {
			long = size(n)
		}
		if b.Digest != "" {
			digest = "sha256:" + strings.TrimPrefix(b.Digest, "sha256:")
		}
		return backup{what, b.Where(), long, digest, stamp(b.Taken), proof}
	}
	for _, b := range v.lasting() {
		all = append(all, one(b, "backup of "+name(b), proof(b, v.Backups)))
	}
	for _, b := range v.Kept {
		all = append(all, one(b, "kept of "+name(b), "what was there before the restore"))
	}
	return all
}

// chapters tells the drives of the run; of the last, where the journal is damaged, not to its end.
func (v Report) chapters() []chapter {
	all := chapters(v.Status, v.verbose)
	if n := len(all); n > 0 {
		all[n-1].torn = v.damaged != ""
	}
	return all
}

// heading says which drive a chapter is of.
func (c chapter) heading() string {
	d := c.drive
	if d.Began.IsZero() {
		return fmt.Sprintf("drive %d, by %s: its journal is elsewhere", d.Epoch, d.Driver)
	}
	text := fmt.Sprintf("drive %d, %s", d.Epoch, d.Command)
	if d.Driver != "" {
		text += " by " + d.Driver
	}
	if d.Answers == journal.YesFlag {
		text += " with --yes"
	}
	return text
}

// ended says how a drive ended.
func (c chapter) ended() string {
	d := c.drive
	switch {
	case d.Began.IsZero():
		return ""
	case c.torn:
		return "what came next is not known: the journal is damaged"
	case d.Ended.IsZero() && d.State == journal.Running:
		return "under way"
	case d.Ended.IsZero():
		return fmt.Sprintf("ended without a word, after %s", d.Last.UTC().Format(time.TimeOnly))
	}
	return fmt.Sprintf("ended %s, %s", d.Ended.UTC().Format(time.TimeOnly), d.State)
}
