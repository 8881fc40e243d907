package view

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// Survey is what the fleet is, as scripts read it.
type Survey struct {
	Servers   []SurveyServer   `json:"servers"`
	Databases []SurveyDatabase `json:"databases"`
	Groups    []SurveyGroup    `json:"groups"`
}

// SurveyServer is one server. Problem says why it could not be asked, and Next what to do about it, where that can be said.
type SurveyServer struct {
	Name      string         `json:"name"`
	Platform  string         `json:"platform"`
	Reachable bool           `json:"reachable"`
	Problem   string         `json:"problem,omitempty"`
	Next      string         `json:"next,omitempty"`
	Daemons   []SurveyDaemon `json:"daemons"`
	Managers  []string       `json:"managers"`
	Holder    *fleet.Claim   `json:"holder,omitempty"` // the run whose marker is there
}

// SurveyDaemon is one daemon. Running is nil when it does not run, and empty when the version that runs cannot be told.
type SurveyDaemon struct {
	Name      kea.DaemonKind `json:"name"`
	Unit      string         `json:"unit"`
	Enabled   string         `json:"enabled"`
	Installed kea.Version    `json:"installed"`
	Running   *kea.Version   `json:"running"`
	Fenced    string         `json:"fenced,omitempty"` // the run whose fence stands
	Config    string         `json:"config"`
	Databases []SurveyUse    `json:"databases"`
	HA        []string       `json:"ha,omitempty"`
}

// SurveyUse is what a daemon uses a database for, and the schema it expects there.
type SurveyUse struct {
	ID      fleet.DatabaseID `json:"id"`
	Use     []kea.Use        `json:"use"`
	Expects *kea.Schema      `json:"expects"`
}

// SurveyDatabase is one database with everybody who is in it.
type SurveyDatabase struct {
	ID        fleet.DatabaseID `json:"id"`
	Engine    kea.Engine       `json:"engine"`
	Product   string           `json:"product"`
	Name      string           `json:"name"`
	Endpoints []fleet.Place    `json:"endpoints"`
	Problem   string           `json:"problem,omitempty"`
	Primary   fleet.Verdict    `json:"primary"` // no: a replica, with what it follows where that is told
	Same      fleet.Verdict    `json:"same"`    // all endpoints lead to this one database
	Schema    *kea.Schema      `json:"schema"`  // nil: it has none, or could not be read
	UsedBy    []string         `json:"used_by"`
	Sessions  []fleet.Session  `json:"sessions"`
	Visible   fleet.Verdict    `json:"sessions_visible"`
	Rows      map[string]int64 `json:"rows,omitempty"`
}

// SurveyGroup is the servers that move together. Mode is lockstep, rolling or single.
type SurveyGroup struct {
	ID        string             `json:"id"`
	Servers   []string           `json:"servers"`
	Databases []fleet.DatabaseID `json:"databases"`
	Shared    bool               `json:"shared"`
	Mode      string             `json:"mode"`
}

// NewSurvey makes the view of facts. The target, where one is known, tells groups that need no lockstep.
func NewSurvey(facts fleet.Facts, target kea.Version, only string) Survey {
	v := Survey{Servers: []SurveyServer{}, Databases: []SurveyDatabase{}, Groups: []SurveyGroup{}}
	in := map[string]bool{}
	for _, g := range fleet.Groups(facts) {
		if only != "" && g.ID != only {
			continue
		}
		v.Groups = append(v.Groups, SurveyGroup{ID: g.ID, Servers: g.Servers, Databases: listed(g.Databases), Shared: g.Shared, Mode: mode(facts, g, target)})
		for _, s := range g.Servers {
			in[s] = true
		}
	}
	for _, s := range facts.Servers {
		if in[s.Name] {
			v.Servers = append(v.Servers, surveyServer(facts, s))
		}
	}
	for _, d := range facts.Databases {
		if slices.ContainsFunc(d.Servers(), func(s string) bool { return in[s] }) {
			v.Databases = append(v.Databases, surveyDatabase(d))
		}
	}
	return v
}

func mode(facts fleet.Facts, g fleet.Group, target kea.Version) string {
	if len(g.Servers) == 1 {
		return "single"
	}
	for _, id := range g.Databases {
		d, _ := facts.Database(id)
		if wants, known := kea.Expected(target, d.Engine); !known || wants != d.Schema {
			return "lockstep"
		}
	}
	return "rolling"
}

func surveyServer(facts fleet.Facts, s fleet.Server) SurveyServer {
	v := SurveyServer{Name: s.Name, Platform: s.Platform.OS, Reachable: s.Reach.OK(), Daemons: []SurveyDaemon{}, Managers: listed(s.Managers)}
	if !v.Reachable {
		v.Problem, v.Next = cmp.Or(s.Reach.Saw, "cannot be reached"), s.Mend
	} else if !s.Root.OK() {
		v.Problem = cmp.Or(s.Root.Saw, "no root")
	}
	if s.Claim.Run != "" {
		v.Holder = &s.Claim
	}
	for _, u := range s.Units {
		if u.Present || u.Running() {
			v.Daemons = append(v.Daemons, surveyDaemon(facts, s, u))
		}
	}
	return v
}

func surveyDaemon(facts fleet.Facts, s fleet.Server, u fleet.Unit) SurveyDaemon {
	d := SurveyDaemon{Name: u.Daemon, Unit: u.Name, Enabled: u.Enabled, Installed: s.Software.Kea, Fenced: u.Fence, Config: u.Config, Databases: []SurveyUse{}}
	if i := slices.IndexFunc(s.Service, func(v fleet.Service) bool { return v.Unit == u.Name }); i >= 0 {
		d.Running = &s.Service[i].Version
	} else if u.Running() {
		d.Running = &kea.Version{}
	}
	for _, cfg := range s.Configs {
		if cfg.Unit != u.Name {
			continue
		}
		for _, ha := range cfg.Parsed.HA {
			d.HA = append(d.HA, describeHA(ha))
		}
	}
	for _, db := range facts.Databases {
		for _, e := range db.Endpoints {
			if e.Place.Server != s.Name || e.Daemon != u.Daemon {
				continue
			}
			use := SurveyUse{ID: db.ID, Use: listed(e.Uses)}
			if expects, known := kea.Expected(s.Software.Kea, db.Engine); known {
				use.Expects = &expects
			}
			d.Databases = append(d.Databases, use)
		}
	}
	return d
}

func surveyDatabase(d fleet.Database) SurveyDatabase {
	v := SurveyDatabase{
		ID: d.ID, Engine: d.Engine, Product: d.Product, Name: d.Name, Endpoints: []fleet.Place{}, UsedBy: d.Servers(),
		Primary: d.Primary, Same: d.Same, Sessions: listed(d.Clients.Sessions), Visible: d.Clients.Visible, Rows: d.Rows,
	}
	for _, e := range d.Endpoints {
		if !slices.Contains(v.Endpoints, e.Place) {
			v.Endpoints = append(v.Endpoints, e.Place)
		}
	}
	switch {
	case !d.Reach.OK():
		v.Problem = "cannot be read: " + d.Reach.Saw
	case d.Empty:
		v.Problem = "has no Kea schema"
	case !d.Schema.IsZero():
		v.Schema = &d.Schema
	}
	return v
}

// MarshalJSON puts the name of the format first.
func (v Survey) MarshalJSON() ([]byte, error) {
	type bare Survey
	return json.Marshal(struct {
		Format string `json:"format"`
		bare
	}{"kea-lockstep.survey/1", bare(v)})
}

// Text shows the survey to people: groups with their servers, then databases with everybody in them.
func (v Survey) Text(p *Page) {
	for _, g := range v.Groups {
		p.line(bold, "%s  %s", g.ID, v.sentence(g))
		v.servers(p, g)
		v.databases(p, g)
		p.blank()
	}
}

func (v Survey) sentence(g SurveyGroup) string {
	switch {
	case len(g.Databases) == 0 && v.unasked(g.Servers[0]):
		return "1 server that could not be asked"
	case len(g.Databases) == 0:
		return "1 server without a database"
	case g.Mode == "single":
		return fmt.Sprintf("1 server with %s of its own", count(len(g.Databases), "database"))
	case g.Mode == "rolling":
		return fmt.Sprintf("%s share %s whose schema stays, so they can be upgraded one by one", count(len(g.Servers), "server"), count(len(g.Databases), "database"))
	default:
		return fmt.Sprintf("%s share %s, so they move in lockstep", count(len(g.Servers), "server"), count(len(g.Databases), "database"))
	}
}

// unasked reports whether nothing is known of a server.
func (v Survey) unasked(server string) bool {
	return slices.ContainsFunc(v.Servers, func(s SurveyServer) bool { return s.Name == server && s.Problem != "" })
}

func (v Survey) servers(p *Page, g SurveyGroup) {
	var all []alike
	for _, s := range v.Servers {
		if !slices.Contains(g.Servers, s.Name) {
			continue
		}
		one := alike{names: []string{s.Name}}
		switch {
		case !s.Reachable:
			one.rows = append(one.rows, []cell{ct(bad, "cannot be reached: "+s.Problem)})
			if s.Next != "" {
				one.rows = append(one.rows, cells("next  "+s.Next))
			}
		case s.Problem != "":
			one.rows = append(one.rows, []cell{ct(bad, "cannot be asked without root: "+s.Problem)})
		}
		for _, d := range s.Daemons {
			one.rows = append(one.rows, append([]cell{c(string(d.Name))}, d.state(s)...))
		}
		if len(s.Daemons) == 0 && s.Problem == "" {
			one.rows = append(one.rows, cells("no Kea daemon"))
		}
		all = append(all, one)
	}
	p.table(2, crowded(all)...)
}

func (d SurveyDaemon) state(s SurveyServer) []cell {
	running := ct(mild, "does not run")
	switch {
	case d.Running != nil && d.Running.IsZero():
		running = ct(mild, "runs, version unknown")
	case d.Running != nil && *d.Running != d.Installed:
		running = ct(mild, "runs "+d.Running.String())
	case d.Running != nil:
		running = ct(good, "runs")
	}
	notes := []string{}
	if d.Fenced != "" {
		notes = append(notes, "fenced by run "+d.Fenced)
	}
	if s.Holder != nil {
		notes = append(notes, "held by run "+s.Holder.Run)
	}
	notes = append(notes, d.HA...)
	if len(s.Managers) > 0 {
		notes = append(notes, "also managed by "+names(s.Managers))
	}
	return []cell{c(d.Installed.String()), running, c(d.Enabled), c(s.Platform), c(strings.Join(notes, "; "))}
}

func (v Survey) databases(p *Page, g SurveyGroup) {
	for _, d := range v.Databases {
		if !slices.Contains(g.Databases, d.ID) {
			continue
		}
		what := []string{d.Product}
		if rows := tally(d.Rows); rows != "" {
			what = append(what, rows)
		}
		schema := "schema unknown"
		if d.Schema != nil {
			schema = "schema " + d.Schema.String()
		}
		p.line(plain, "  %s  %s  %s", d.Endpoints[0], schema, strings.Join(unique(what), ", "))
		if d.Problem != "" {
			p.line(bad, "    %s", d.Problem)
		}
		d.identity(p)
		d.sessions(p)
		if d.Problem == "" && !d.Visible.OK() {
			p.line(mild, "    not every session can be seen: %s", d.Visible.Saw)
		}
	}
}

// identity shows what stands against this being one database that can be written to.
func (d SurveyDatabase) identity(p *Page) {
	switch {
	case d.Problem != "":
	case !d.Primary.OK():
		p.line(bad, "    nothing can be written there: %s", d.Primary.Saw)
	case d.Same.Answer == fleet.No:
		p.line(bad, "    the servers that name it do not all mean one database: %s", d.Same.Saw)
	case !d.Same.OK():
		p.line(mild, "    whether all servers that name it mean one database cannot be told: %s", d.Same.Saw)
	}
}

// sessions shows everybody who is in the database; of many Keas, where they are.
func (d SurveyDatabase) sessions(p *Page) {
	var keas []string
	for _, s := range d.Sessions {
		if s.Owner == fleet.OwnerKea {
			keas = append(keas, s.Server)
		}
	}
	many := len(keas) > fleet.Crowd
	if many {
		p.line(plain, "    %s of Kea  on %s", count(len(keas), "session"), several(unique(keas)))
	}
	for _, s := range d.Sessions {
		if s.Owner != fleet.OwnerOurs && (s.Owner != fleet.OwnerKea || !many) {
			p.line(sessionTone(s), "    session %s  %s  %s", s.ID, s, s.Owner)
		}
	}
}

func sessionTone(s fleet.Session) tone {
	if s.Owner == fleet.OwnerKea {
		return plain
	}
	return mild
}

// tally counts what matters to people in a database.
func tally(rows map[string]int64) string {
	var parts []string
	if leases, ok := sum(rows, "lease4", "lease6"); ok {
		parts = append(parts, count(int(leases), "lease"))
	}
	if hosts, ok := sum(rows, "hosts"); ok {
		parts = append(parts, count(int(hosts), "reservation"))
	}
	return strings.Join(parts, ", ")
}

func sum(rows map[string]int64, tables ...string) (total int64, any bool) {
	for _, t := range tables {
		if n, ok := rows[t]; ok {
			total, any = total+n, true
		}
	}
	return total, any
}

func describeHA(ha kea.HARelationship) string {
	return strings.TrimSpace(fmt.Sprintf("HA %s", ha.Mode))
}
