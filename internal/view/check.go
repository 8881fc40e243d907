package view

import (
	"encoding/json"

	"kea-lockstep/internal/audit"
)

// Check is whether every Kea matches its databases.
type Check audit.Match

// MarshalJSON puts the name of the format first.
func (v Check) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Format string `json:"format"`
		audit.Match
	}{"kea-lockstep.check/1", audit.Match(v)})
}

// Text shows a line for each daemon and database, and under them what was found with what to do.
func (v Check) Text(p *Page) {
	var all []alike
	for _, d := range v.Pairs {
		expects := "expects " + d.Expects.String()
		verdict := ct(good, "ok")
		switch d.Verdict {
		case audit.Mismatches:
			verdict = ct(bad, mismatch(d))
		case audit.Unknown:
			verdict = ct(mild, "cannot tell")
		}
		version := d.Version.String()
		if !d.Runs {
			version += " (does not run)"
		}
		all = append(all, alike{
			names: []string{d.Server},
			rows:  [][]cell{{c(string(d.Daemon)), c(version), c(expects), c(d.Database + " is " + d.Found.String()), verdict}},
		})
	}
	p.table(0, crowded(all)...)
	for _, f := range v.Findings {
		p.finding(string(f.Severity), place(f.Server, f.Daemon, f.Database), f.Message, f.Next)
	}
}

// mismatch says in which direction a daemon and its database have parted.
func mismatch(d audit.Pair) string {
	schema := "a newer schema"
	switch {
	case d.Found.IsZero():
		schema = "an empty database"
	case d.Found.Compare(d.Expects) < 0:
		schema = "an older schema"
	}
	if d.Runs {
		return "runs against " + schema
	}
	return "would meet " + schema
}

// Sentence says how the check ended; empty when all is well.
func (v Check) Sentence() string {
	wrong, doubt := 0, 0
	for _, d := range v.Pairs {
		switch d.Verdict {
		case audit.Mismatches:
			wrong++
		case audit.Unknown:
			doubt++
		}
	}
	switch {
	case v.Verdict == audit.Matches:
		return ""
	case wrong == 1:
		return "1 of " + count(len(v.Pairs), "daemon") + " does not match its database"
	case wrong > 1:
		return thousands(int64(wrong)) + " of " + count(len(v.Pairs), "daemon") + " do not match their databases"
	case v.Verdict == audit.Mismatches:
		return "a database is not what its version says"
	case doubt > 0:
		return "it cannot be told of " + thousands(int64(doubt)) + " of " + count(len(v.Pairs), "daemon")
	default:
		return "it cannot be told of the whole fleet"
	}
}
