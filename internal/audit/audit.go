package audit

import (
	"cmp"
	"slices"

	"kea-lockstep/internal/fleet"
)

// The verdicts of an audit, beside Unknown.
const (
	Clean    Verdict = "clean"    // nothing above advice
	Findings Verdict = "findings" // an error or a warning
)

// Report is how a fleet stands to ISC's guidance on shared databases.
type Report struct {
	Verdict   Verdict   `json:"verdict"`
	Servers   int       `json:"servers"`
	Databases int       `json:"databases"`
	Rules     int       `json:"rules"`
	Findings  []Finding `json:"findings"` // errors first; of one severity in the order of the rules
}

// Known is what the facts do not say and who asks knows.
type Known struct {
	Address func(server string) string // what ssh is given to reach it
	Allowed []string                   // user@address of clients that may be in the databases
	Only    []string                   // the servers to report on; nil: all. The rest is looked at for who shares what with them.
}

// Audit holds a fleet against every rule. What cannot be told is a finding too and never counts as clean.
func Audit(facts fleet.Facts, known Known) Report {
	rules := Rules()
	r := Report{Rules: len(rules), Findings: fromCheck(facts, known)}
	look := sceneOf(facts, known)
	for _, rule := range rules {
		if rule.look == nil {
			continue
		}
		for _, f := range rule.look(look) {
			f.Code, f.Severity = rule.Code, rule.Severity
			if !slices.Contains(r.Findings, f) { // leases and reservations of the same servers say the same
				r.Findings = append(r.Findings, f)
			}
		}
	}
	r.narrow(facts, known.Only)
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(rank(a.Severity)-rank(b.Severity), cmp.Compare(place(rules, a.Code), place(rules, b.Code)))
	})
	r.Verdict = verdict(r.Findings)
	return r
}

// narrow keeps what is of some servers and of the databases that they use, and counts both.
func (r *Report) narrow(facts fleet.Facts, servers []string) {
	concerns := func(name string) bool { return servers == nil || slices.Contains(servers, name) }
	var databases []string
	for _, d := range facts.Databases {
		if slices.ContainsFunc(d.Servers(), concerns) {
			databases = append(databases, called(d))
		}
	}
	for _, s := range facts.Servers {
		if concerns(s.Name) {
			r.Servers++
		}
	}
	r.Databases = len(databases)
	r.Findings = slices.DeleteFunc(r.Findings, func(f Finding) bool {
		if f.Server != "" {
			return !concerns(f.Server)
		}
		return !slices.Contains(databases, f.Database)
	})
}

// fromCheck is what Check finds, but for fences: those are a run's, and no matter of guidance.
func fromCheck(facts fleet.Facts, known Known) []Finding {
	found := Check(facts, known.Address).Findings
	return slices.DeleteFunc(found, func(f Finding) bool { return f.Code == "fenced" })
}

// verdict: what is known to be wrong counts before what cannot be told.
func verdict(found []Finding) Verdict {
	v := Clean
	for _, f := range found {
		switch {
		case f.CannotTell && v == Clean:
			v = Unknown
		case !f.CannotTell && f.Severity != Advice:
			v = Findings
		}
	}
	return v
}

func rank(s Severity) int { return slices.Index([]Severity{Error, Warning, Advice}, s) }

func place(rules []Rule, code string) int {
	return slices.IndexFunc(rules, func(r Rule) bool { return r.Code == code })
}
