package view

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator"
)

// Rehearsal is what a rehearsal found.
type Rehearsal orchestrator.Rehearsed

// RehearsalFormat names the JSON format of a rehearsal.
const RehearsalFormat = "kea-lockstep.rehearsal/1"

// MarshalJSON puts the name of the format first.
func (v Rehearsal) MarshalJSON() ([]byte, error) {
	type bare Rehearsal
	v.Groups, v.Servers, v.Databases = listed(v.Groups), listed(v.Servers), listed(v.Databases)
	v.Hinders, v.Warnings, v.Left = listed(v.Hinders), listed(v.Warnings), listed(v.Left)
	return json.Marshal(struct {
		Format string `json:"format"`
		bare
	}{RehearsalFormat, bare(v)})
}

// ReadRehearsal reads the record of a rehearsal.
func ReadRehearsal(text []byte) (orchestrator.Rehearsed, error) {
	var r struct {
		Format string `json:"format"`
		orchestrator.Rehearsed
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r.Rehearsed, fmt.Errorf("this is no rehearsal: %w", err)
	}
	if r.Format != RehearsalFormat {
		return r.Rehearsed, fmt.Errorf("this is no rehearsal: its format is %q, not %q", r.Format, RehearsalFormat)
	}
	return r.Rehearsed, nil
}

// Text shows what the target's binaries said on each server, how each database's copy fared, and what an upgrade is to be like.
func (v Rehearsal) Text(p *Page) {
	p.line(bold, "kea-lockstep rehearsal  to Kea %s  begun %s", v.Target, stamp(v.Began))
	p.blank()
	var all []alike
	for _, s := range v.Servers {
		all = append(all, alike{names: []string{s.Name}, rows: testRows(s)})
	}
	p.table(2, crowded(all)...)
	v.untested(p)
	for _, d := range v.Databases {
		p.blank()
		p.line(plain, "  %s   schema %s -> %s   %s", d.At, d.Before, d.Target, tally(d.Rows))
		if d.Migrate > 0 {
			p.line(plain, "    a copy: dump %s (%s), restore %s, migration %s, verified in %s", seconds(d.Dump), size(d.Bytes), seconds(d.Restore), seconds(d.Migrate), seconds(d.Verify))
		}
		p.put(plain, "    ")
		p.put(toneOf(d.Verdict), clean(answer(d.Verdict)))
		p.blank()
	}
	for _, g := range v.Groups {
		p.blank()
		switch {
		case g.Mode != orchestrator.Lockstep:
			p.line(plain, "  %s: the schema stays, the servers are upgraded one by one", g.ID)
		case len(v.Databases) > 0:
			p.line(plain, "  %s: the outage of an upgrade is about %s without any server, %s to the last", g.ID, seconds(g.Outage), seconds(g.Last))
			p.line(faint, "    (dump, restore, migration and verification as measured here, where they passed; the rest is assumed)")
		}
	}
	if len(v.Hinders)+len(v.Warnings)+len(v.Left) > 0 {
		p.blank()
	}
	for _, f := range v.Warnings {
		p.finding("warning", f.Server, f.Message, f.Next)
	}
	for _, f := range v.Hinders {
		message := f.Message
		if v.Verdict != orchestrator.NotBegun {
			message = "an upgrade would be: " + message
		}
		p.finding("refused", f.Server, message, f.Next)
	}
	if v.Verdict == orchestrator.Passed && len(v.Left) == 0 {
		p.blank()
		p.line(good, "  passed; nothing but scratch was touched, and that is removed")
	}
	for _, l := range v.Left {
		p.finding("left", "", l, "kea-lockstep unlock removes it, and so does the next rehearsal")
	}
}

// testRows are the lines of one server: how long is no part of them, so that servers that are alike stand together.
func testRows(s orchestrator.RehearsedServer) [][]cell {
	if !s.Unpacked.OK() {
		return [][]cell{{ct(toneOf(s.Unpacked), answer(s.Unpacked))}}
	}
	if len(s.Tests) == 0 {
		return [][]cell{{c("no daemon of it runs")}}
	}
	var rows [][]cell
	for _, t := range s.Tests {
		name := strings.TrimSpace(string(t.Daemon) + " " + t.Flag)
		for line := range strings.SplitSeq(answer(t.Verdict), "\n") {
			rows = append(rows, []cell{c(name), ct(toneOf(t.Verdict), line)})
			name = ""
		}
	}
	return rows
}

// untested says once what the tests did not reach, with the servers of which it holds.
func (v Rehearsal) untested(p *Page) {
	var what []string
	who := map[string][]string{}
	for _, s := range v.Servers {
		for _, t := range s.Tests {
			for _, u := range t.Untested {
				if !slices.Contains(what, u) {
					what = append(what, u)
				}
				if !slices.Contains(who[u], s.Name) {
					who[u] = append(who[u], s.Name)
				}
			}
		}
	}
	for _, u := range what {
		p.line(faint, "  not tested by -T: %s (%s)", u, strings.Join(fleet.Short(who[u]), " "))
	}
}

func toneOf(v fleet.Verdict) tone {
	switch v.Answer {
	case fleet.Yes:
		return good
	case fleet.No:
		return bad
	default:
		return mild
	}
}

func answer(v fleet.Verdict) string {
	switch v.Answer {
	case fleet.Yes:
		return v.Saw
	case fleet.No:
		return "FAILS: " + v.Saw
	default:
		return "cannot tell: " + v.Saw
	}
}

// Sentence says how the rehearsal ended; empty where everything passed and nothing is left.
func (v Rehearsal) Sentence() string {
	switch {
	case v.Verdict == orchestrator.Passed && len(v.Left) > 0:
		return "all passed, and not all that the rehearsal made could be removed; Kea was not touched"
	case v.Verdict == orchestrator.Passed:
		return ""
	case v.Verdict == orchestrator.Failed:
		return "the rehearsal failed: an upgrade to Kea " + v.Target.String() + " would not go through as it stands; Kea was not touched"
	default:
		return "the rehearsal cannot tell all that it was to tell; Kea was not touched"
	}
}

// Load is the question before a rehearsal: what it costs the databases that serve meanwhile.
func Load(p orchestrator.Plan) orchestrator.Question {
	q := orchestrator.Question{Text: "rehearse on the fleet while it serves?"}
	for _, g := range p.Groups {
		for _, d := range g.Databases {
			if !d.Moves() {
				continue
			}
			q.Saw = append(q.Saw, fmt.Sprintf("%s: it is dumped once (%s) and copied beside itself, about %s on its server until the end", d.At, cmp.Or(tally(d.Rows), "no rows"), size(d.Bytes)))
		}
	}
	return q
}
