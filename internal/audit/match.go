package audit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// Verdict is the answer of a check as a whole.
type Verdict string

// The verdicts. Unknown means that something could not be asked, and that nothing that could be is wrong.
const (
	Matches    Verdict = "match"
	Mismatches Verdict = "mismatch"
	Unknown    Verdict = "unknown"
)

// Pair is one daemon before one of its databases.
type Pair struct {
	Server   string         `json:"server"`
	Daemon   kea.DaemonKind `json:"daemon"`
	Unit     string         `json:"unit"`
	Version  kea.Version    `json:"version"` // of the running daemon, else of the installed one
	Runs     bool           `json:"runs"`
	Expects  kea.Schema     `json:"expects"`
	Database string         `json:"database"` // as its configuration names it
	Found    kea.Schema     `json:"found"`
	Verdict  Verdict        `json:"verdict"`
}

// Match is whether every running and installed Kea expects the schema that its databases are at.
type Match struct {
	Verdict  Verdict   `json:"verdict"`
	Pairs    []Pair    `json:"daemons"`
	Findings []Finding `json:"findings"`
}

// Check holds every daemon against each database that its configuration names. The address of a server is what ssh is given to
// reach it.
func Check(facts fleet.Facts, address func(server string) string) Match {
	m := matcher{facts: facts, address: address, match: Match{Verdict: Matches, Pairs: []Pair{}, Findings: []Finding{}}}
	for _, s := range facts.Servers {
		m.server(s)
	}
	for _, d := range facts.Databases {
		m.structure(d)
	}
	return m.match
}

type matcher struct {
	facts   fleet.Facts
	address func(string) string
	match   Match
}

func (m *matcher) server(s fleet.Server) {
	if f, blind := unseen(s, m.address); blind {
		m.unknown(f)
		return
	}
	for _, cfg := range s.Configs {
		if cfg.Problem != "" {
			m.unknown(Finding{Code: "configuration", Server: s.Name, Daemon: string(cfg.Daemon), Message: cfg.Problem, Next: "mend the configuration"})
		}
	}
	for _, u := range s.Units {
		for _, d := range m.facts.Databases {
			for _, e := range d.Endpoints {
				if e.Place.Server == s.Name && e.Daemon == u.Daemon && u.Daemon.UsesDatabase() {
					m.pair(s, u, d, e)
				}
			}
		}
	}
	m.fences(s)
	for _, p := range s.Processes {
		if p.Unit == "" {
			m.unknown(Finding{Code: "by-hand", Server: s.Name, Daemon: string(p.Daemon),
				Message: fmt.Sprintf("pid %d was started by hand, so what it expects cannot be told: %s", p.PID, p.Command),
				Next:    fmt.Sprintf("ssh %s kill %d", m.address(s.Name), p.PID)})
		}
	}
}

// structure: a version that matches proves nothing over tables that do not, as a migration that was cut short leaves them.
func (m *matcher) structure(d fleet.Database) {
	if d.Reach.OK() && !d.Empty && d.Structure.Answer == fleet.No {
		m.mismatch(Finding{
			Code: "structure", Database: d.Endpoints[0].Place.String(), Found: text(d.Schema),
			Message: fmt.Sprintf("its structure is not what schema %s has: %s", d.Schema, d.Structure.Saw), Next: "kea-lockstep runs",
		})
	}
}

// pair judges one daemon before one database. What runs counts; what is installed and does not run counts as what would start.
func (m *matcher) pair(s fleet.Server, u fleet.Unit, d fleet.Database, e fleet.Endpoint) {
	p := Pair{
		Server: s.Name, Daemon: u.Daemon, Unit: u.Name, Version: s.Software.Kea, Database: e.Place.String(), Found: d.Schema, Verdict: Unknown,
	}
	known := false
	p.Expects, known = kea.Expected(p.Version, d.Engine)
	if i := slices.IndexFunc(s.Service, func(v fleet.Service) bool { return v.Unit == u.Name }); i >= 0 || u.Running() {
		p.Runs = true
		p.Version, p.Expects, known = kea.Version{}, kea.Schema{}, false
		if i >= 0 {
			p.Version = s.Service[i].Version
			if p.Expects, known = s.Service[i].Backends[d.Engine]; !known {
				p.Expects, known = kea.Expected(p.Version, d.Engine)
			}
		}
	}
	f := Finding{Server: s.Name, Daemon: string(u.Daemon), Database: p.Database, Expects: text(p.Expects), Found: text(p.Found)}
	switch {
	case !d.Reach.OK():
		f.Code, f.Message, f.Next = "database", p.Database+" cannot be read: "+d.Reach.Saw, "check address, account and password in the Kea configuration"
		m.unknown(f)
	case !known:
		f.Code, f.Message, f.Next = "version", "which schema this Kea expects cannot be told", "ssh "+m.address(s.Name)+" "+string(u.Daemon)+" -V"
		m.unknown(f)
	case d.Empty:
		f.Code, f.Message, f.Next = "empty", p.Database+" has no Kea schema", "check the database's name in the Kea configuration"
		p.Verdict = m.mismatch(f)
	case p.Expects != p.Found:
		p.Verdict = m.mismatch(m.wrong(f, p, s.Platform))
	default:
		p.Verdict = Matches
		m.stale(s, p, d)
	}
	m.match.Pairs = append(m.match.Pairs, p)
}

// wrong words a mismatch. A Kea that runs does not notice it by itself.
func (m *matcher) wrong(f Finding, p Pair, on fleet.Platform) Finding {
	age := "an older"
	if p.Found.Compare(p.Expects) > 0 {
		age = "a newer"
	}
	if p.Runs {
		f.Code, f.Message = "runs-mismatched", "runs against "+age+" schema, and does not notice by itself"
		f.Next = "ssh " + m.address(p.Server) + " " + fmt.Sprintf(cmp.Or(on.Stop, "systemctl stop %s"), p.Unit)
		return f
	}
	f.Code, f.Message = "installed-mismatched", "does not run; what is installed would meet "+age+" schema"
	f.Next = "kea-lockstep survey"
	return f
}

// stale warns of a daemon that matches only until it is started again.
func (m *matcher) stale(s fleet.Server, p Pair, d fleet.Database) {
	installed, known := kea.Expected(s.Software.Kea, d.Engine)
	if !p.Runs || !known || installed == p.Found {
		return
	}
	m.add(Finding{
		Code: "restart", Severity: Warning, Server: p.Server, Daemon: string(p.Daemon), Database: p.Database, Expects: installed.String(), Found: p.Found.String(),
		Message: fmt.Sprintf("Kea %s runs and matches, but %s is installed: it will not match once it is started again", p.Version, s.Software.Kea),
		Next:    "kea-lockstep plan --to " + s.Software.Kea.String(),
	})
}

// fences names each fence that stands, with the command that lifts it.
func (m *matcher) fences(s fleet.Server) {
	var runs []string
	units := map[string][]string{}
	for _, u := range s.Units {
		if u.Fence != "" && !slices.Contains(runs, u.Fence) {
			runs = append(runs, u.Fence)
		}
		units[u.Fence] = append(units[u.Fence], u.Name)
	}
	for _, run := range runs {
		m.add(Finding{
			Code: "fenced", Severity: Warning, Server: s.Name, Next: "kea-lockstep resume " + run + ", or, where its journal is not, kea-lockstep resume --from " + s.Name,
			Message: fmt.Sprintf("the fence of run %s stands on %s", run, strings.Join(units[run], ", ")),
		})
	}
}

func (m *matcher) add(f Finding) { m.match.Findings = append(m.match.Findings, f) }

func (m *matcher) unknown(f Finding) {
	f.Severity, f.CannotTell = Error, true
	m.add(f)
	if m.match.Verdict == Matches {
		m.match.Verdict = Unknown
	}
}

func (m *matcher) mismatch(f Finding) Verdict {
	f.Severity = Error
	m.add(f)
	m.match.Verdict = Mismatches
	return Mismatches
}

// text is a schema for a finding; an unknown one is empty.
func text(s kea.Schema) string {
	if s.IsZero() {
		return ""
	}
	return s.String()
}
