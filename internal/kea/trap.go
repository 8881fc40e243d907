package kea

import (
	"regexp"
	"strconv"
)

// Severity is how much a trap or a break stands in the way.
type Severity string

// The severities. Unknown counts as a refusal: it names what is missing to tell.
const (
	Note    Severity = "note"        // to know, nothing to do before
	Warning Severity = "warning"     // it can hurt; it says how not to be hurt
	Unknown Severity = "cannot tell" // what is missing to tell is named
	Refusal Severity = "refused"     // this way is known to fail or to harm
)

// Trap is something known about a way from one release to another that is not
// plain sailing. The texts are for an operator: what, why, and what to do.
type Trap struct {
	Code     string
	Severity Severity
	What     string
	Why      string
	Next     string
	// AdminOptions is what kea-admin has to be given besides, to get around it.
	AdminOptions []string
}

// Blocks reports whether the way must not be taken as it is.
func (t Trap) Blocks() bool { return t.Severity == Refusal || t.Severity == Unknown }

// Jump is a way from one release to another for one database.
type Jump struct {
	From, To Version
	Engine   Engine // empty for a server without a database
	// Port is the database server's; 0 is the engine's default.
	Port int
	// Name is the database's.
	Name string
	// Server is what the database server calls its version: "11.8.6-MariaDB-0+deb13u1".
	Server string
	// Schema is the schema that was found in the database. The zero value
	// stands for the one that From expects.
	Schema Schema
}

// Traps are the traps of a jump for a database at the schema that from
// expects; see Jump.
func Traps(from, to Version, engine Engine, port int, server string) []Trap {
	return Jump{From: from, To: to, Engine: engine, Port: port, Server: server}.Traps()
}

// Traps are the known traps on the way, refusals first. A jump that stays at
// its release has none.
func (j Jump) Traps() []Trap {
	if j.From == j.To && !j.To.IsZero() {
		return nil
	}
	var refusals, rest []Trap
	for _, rule := range trapRules {
		trap, found := rule(j)
		switch {
		case !found:
		case trap.Blocks():
			refusals = append(refusals, trap)
		default:
			rest = append(rest, trap)
		}
	}
	return append(refusals, rest...)
}

// start is the schema that the migration starts from; false where nobody knows.
func (j Jump) start() (Schema, bool) {
	if !j.Schema.IsZero() {
		return j.Schema, true
	}
	return Expected(j.From, j.Engine)
}

// migrates reports whether kea-admin has work to do, as far as that is known.
func (j Jump) migrates() bool {
	if j.Engine == "" {
		return false
	}
	start, ok := j.start()
	end, known := Expected(j.To, j.Engine)
	return !ok || !known || start != end
}

// passes reports whether the migration runs the step that ends in this schema.
func (j Jump) passes(major int) bool {
	start, ok := j.start()
	end, known := Expected(j.To, j.Engine)
	step := Schema{Major: major}
	return ok && known && start.Compare(step) < 0 && end.Compare(step) >= 0
}

// crosses reports whether a change of this release lies on the way.
func (j Jump) crosses(major, minor, patch int) bool {
	return !j.From.AtLeast(major, minor, patch) && j.To.AtLeast(major, minor, patch)
}

// between reports whether v is one of a range of releases, both ends included.
func between(v, first, last Version) bool {
	return v.Compare(first) >= 0 && v.Compare(last) <= 0
}

var serverVersion = regexp.MustCompile(`(\d{1,4})\.(\d{1,4})\.\d{1,4}`)

// mariaDBAtLeast is the answer for the database server, and whether its
// version could be read at all. MariaDB disguises itself in replication as
// "5.5.5-10.6.1-MariaDB", and a version from 10 on is never one of MySQL's.
func (j Jump) mariaDBAtLeast(major, minor int) (atLeast, known bool) {
	x, y := 0, 0
	for _, m := range serverVersion.FindAllStringSubmatch(j.Server, -1) {
		a, _ := strconv.Atoi(m[1]) // at most four digits
		b, _ := strconv.Atoi(m[2])
		if a > x || a == x && b > y {
			x, y = a, b
		}
	}
	if x == 0 {
		return false, false
	}
	return x >= 10 && (x > major || x == major && y >= minor), true
}
