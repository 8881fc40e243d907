//go:build lab

package witness

import (
	"slices"
	"time"

	"kea-lockstep/lab"
)

// expects is the schema that each Kea of the lab's packages accepts, and no other: what the programs themselves say when
// they refuse one ("MySQL schema version mismatch: expected version: 22.2, found version: 30.0").
var expects = map[lab.Engine]map[string]string{
	lab.MySQL:       {"2.2.0": "14.0", "2.6.3": "22.2", "3.0.3": "30.0"},
	lab.OracleMySQL: {"2.6.3": "22.2", "3.0.3": "30.0"},
	lab.PostgreSQL:  {"2.2.0": "13.0", "2.6.3": "22.2", "3.0.3": "29.0"},
}

// Expects is the one schema that a Kea of the lab's packages accepts in a fleet's database; empty where the witness does not
// know that Kea.
func Expects(engine lab.Engine, kea string) string { return expects[engine][kea] }

// usesDatabase are the daemons that the lab's configurations give each of the fleet's databases to.
var usesDatabase = []string{lab.DHCPv4, lab.DHCPv6}

// record is everything that was seen. Judging it is pure.
type record struct {
	begin, end time.Time
	servers    []string
	offers     map[string][]time.Time
	schemas    []schema
	scans      []time.Time
	processes  []Process
}

// schema is what was read of one database.
type schema struct {
	engine  lab.Engine
	samples []sample
}

func judge(seen record) Report {
	r := Report{Begin: seen.begin, End: seen.end, Processes: seen.processes}
	var all []time.Time
	for _, name := range seen.servers {
		given := seen.offers[name]
		all = append(all, given...)
		r.Servers = append(r.Servers, Server{Name: name, Offers: len(given), Outage: longestGap(seen.begin, seen.end, given)})
	}
	slices.SortFunc(all, time.Time.Compare)
	r.Outage = longestGap(seen.begin, seen.end, all)
	for _, database := range seen.schemas {
		judgeSchema(&r, seen, database)
	}
	r.Blind.Processes = longestGap(seen.begin, seen.end, seen.scans).Length()
	return r
}

// judgeSchema adds what was seen of one database: every process is held against each.
func judgeSchema(r *Report, seen record, database schema) {
	var answered []time.Time
	for i, s := range database.samples {
		if i == 0 || database.samples[i-1].version != s.version {
			r.Schema = append(r.Schema, Change{Engine: database.engine, At: s.asked, Version: s.version})
		}
		if s.version != "" {
			answered = append(answered, s.answered)
		}
	}
	for _, p := range seen.processes {
		if bad, ok := judgeProcess(database.engine, p, database.samples); ok {
			r.BadMoments = append(r.BadMoments, bad)
		}
	}
	r.Blind.Schema = max(r.Blind.Schema, longestGap(seen.begin, seen.end, answered).Length())
}

// longestGap between two times that follow one another, the watch's begin and end included.
func longestGap(begin, end time.Time, times []time.Time) Gap {
	longest := Gap{begin, begin}
	last := begin
	for _, t := range append(slices.Clip(times), end) {
		if t.Sub(last) > longest.Length() {
			longest = Gap{last, t}
		}
		last = t
	}
	return longest
}

// judgeProcess holds the process's life against the schema: what was read between its first and last sighting was so while
// it lived. Where nothing was read in between, it was what the neighbours on both sides agree on.
func judgeProcess(engine lab.Engine, p Process, samples []sample) (BadMoment, bool) {
	if !slices.Contains(usesDatabase, p.Daemon) {
		return BadMoment{}, false
	}
	bad := BadMoment{Process: p, Engine: engine, Expects: Expects(engine, p.Version), Lived: p.Last.Sub(p.First)}
	wrong := func(s sample) bool { return s.version != "" && s.version != bad.Expects }
	var before, after *sample
	inside := 0
	for i, s := range samples {
		switch {
		case s.version == "":
		case !s.answered.After(p.First):
			before = &samples[i]
		case !s.asked.Before(p.Last):
			if after == nil {
				after = &samples[i]
			}
		case s.asked.Before(p.First) || s.answered.After(p.Last):
		default:
			inside++
			if wrong(s) {
				if bad.From.IsZero() {
					bad.From, bad.Found = s.asked, s.version
				}
				bad.To = s.answered
			}
		}
	}
	if inside == 0 && before != nil && after != nil && wrong(*before) && wrong(*after) {
		bad.From, bad.To, bad.Found = p.First, p.Last, before.version
	}
	return bad, !bad.From.IsZero()
}
