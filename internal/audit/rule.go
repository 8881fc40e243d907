package audit

import "slices"

// Rule is one piece of guidance that can be decided from facts. docs/audit.md has a row for each.
type Rule struct {
	Code     string
	Severity Severity
	Checks   string // what must not be: one line, for people
	Source   string // where the guidance stands
	// look finds where the facts are against the rule; severity and code are put in by who calls it. Nil: Check finds it.
	look func(scene) []Finding
}

// Rules are all that Audit holds a fleet against, what keeps it from seeing first.
func Rules() []Rule {
	return slices.Concat(rulesOfSight(), rulesOfSchema(), rulesOfSharing(), rulesOfHA(), rulesOfSubnets(), rulesOfLeases(), rulesOfHosts(),
		rulesOfTime(), rulesOfConnections())
}

// The sources, as docs/audit.md links them.
const (
	article = "ISC, Use unique databases: "
	manual  = "Kea manual: "
)
