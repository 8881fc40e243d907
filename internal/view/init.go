package view

import (
	"encoding/json"
	"fmt"
	"strings"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator/journal"
)

// Init is what was found of hosts that a fleet file was written for.
type Init struct {
	File     string         `json:"file"` // empty: it went to stdout
	Survey   Survey         `json:"survey"`
	Outside  []InitOutsider `json:"outside"` // who is in the databases, and on none of the hosts
	Unasked  []string       `json:"unasked"` // servers that could not be asked
	Lacking  []InitLack     `json:"lacking"` // databases for which Kea's own account is not enough
	Next     []journal.Next `json:"next"`
	outsider []fleet.Outsider
}

// InitOutsider is a client of a database that is on none of the hosts.
type InitOutsider struct {
	fleet.Outsider
	Message string `json:"message"`
}

// InitLack is a database with what Kea's own account cannot do in it.
type InitLack struct {
	Database fleet.DatabaseID `json:"database"`
	Lacks    []string         `json:"lacks"`
}

// NewInit makes the view of the facts behind a fleet file. At says how a command finds that file.
func NewInit(file string, facts fleet.Facts, at Where) Init {
	v := Init{File: file, Survey: NewSurvey(facts, kea.Version{}, ""), Outside: []InitOutsider{}, Unasked: []string{}, Lacking: []InitLack{}}
	for _, o := range facts.Outsiders() {
		d, _ := facts.Database(o.Database)
		v.Outside = append(v.Outside, InitOutsider{o, outside(o, d)})
		v.outsider = append(v.outsider, o)
	}
	for _, s := range facts.Servers {
		if !s.Asked() {
			v.Unasked = append(v.Unasked, s.Name)
		}
	}
	for _, d := range facts.Databases {
		if lacks := shortcomings(d); len(lacks) > 0 {
			v.Lacking = append(v.Lacking, InitLack{d.ID, lacks})
		}
	}
	to := "VERSION"
	if newest, ok := facts.Newest(); ok {
		to = newest.String()
	}
	v.Next = []journal.Next{
		{Command: "kea-lockstep survey" + at.Fleet, Does: "looks again, by the file"},
		{Command: "kea-lockstep plan --to " + to + at.Fleet, Does: "shows what an upgrade would do; changes nothing"},
	}
	return v
}

// MarshalJSON puts the name of the format first.
func (v Init) MarshalJSON() ([]byte, error) {
	type bare Init
	return json.Marshal(struct {
		Format string `json:"format"`
		bare
	}{"kea-lockstep.init/1", bare(v)})
}

// Text shows what was found, then what is wrong with it, loudest first, and what to do next.
func (v Init) Text(p *Page) {
	v.Survey.Text(p)
	for i, o := range v.Outside {
		p.line(bad, "%s  %s", loud("NOT LISTED", v.outsider[i]), o.Message)
		p.line(plain, "  %s", meaning(v.outsider[i]))
		p.blank()
	}
	for _, l := range v.Lacking {
		d := v.database(l.Database)
		p.line(mild, "%s: Kea's own account is not enough; an entry for another stands ready in the file, under databases:", d.Endpoints[0])
		for _, lack := range l.Lacks {
			p.verbatim(plain, 2, "- "+lack)
		}
		p.blank()
	}
	if v.File != "" {
		p.line(good, "wrote %s: %s", v.File, count(len(v.Survey.Servers), "server"))
		p.blank()
	}
	var rows [][]cell
	for i, n := range v.Next {
		rows = append(rows, []cell{ct(bold, first(i, "next")), c(n.Command), c(n.Does)})
	}
	p.table(2, rows...)
}

func (v Init) database(id fleet.DatabaseID) SurveyDatabase {
	for _, d := range v.Survey.Databases {
		if d.ID == id {
			return d
		}
	}
	return SurveyDatabase{}
}

// Sentence says what keeps the file from being the whole fleet; empty: nothing that was seen.
func (v Init) Sentence() string {
	var all []string
	if n := len(v.Unasked); n > 0 {
		all = append(all, fmt.Sprintf("%s could not be asked (%s)", count(n, "host"), names(v.Unasked)))
	}
	if n := len(v.Outside); n > 0 {
		none := "on none of the hosts"
		if len(v.Unasked) > 0 {
			none += " that could be asked"
		}
		all = append(all, count(n, "client")+" of the databases "+is(n)+" "+none)
	}
	return strings.Join(all, "; ")
}

func is(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}
