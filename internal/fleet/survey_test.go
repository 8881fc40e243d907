package fleet_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// seen is an observer of what a test lays down: servers by name, databases by the place's server and name.
type seen struct {
	fleet.Observer
	servers   map[string]fleet.Server
	databases map[string]fleet.Database
	looks     atomic.Int32
	meetings  atomic.Int32
	mute      error // of a Meet
}

func (s *seen) Server(_ context.Context, name string) (fleet.Server, error) {
	if server, ok := s.servers[name]; ok {
		return server, nil
	}
	return fleet.Server{}, errors.New("no route to host")
}

func (s *seen) Database(_ context.Context, at fleet.Place) (fleet.Database, error) {
	s.looks.Add(1)
	if d, ok := s.databases[at.Server+"/"+at.Name]; ok {
		return d, nil
	}
	return fleet.Database{}, errors.New("connection refused")
}

// Meet finds together what was laid down as one: the same identity, or an untold one whose name says which it is.
func (s *seen) Meet(_ context.Context, first fleet.Place, others []fleet.Place) ([]fleet.Verdict, error) {
	s.meetings.Add(1)
	met := make([]fleet.Verdict, len(others))
	for i, at := range others {
		one, other := s.databases[first.Server+"/"+first.Name], s.databases[at.Server+"/"+at.Name]
		met[i] = fleet.Deny("the lock is not there")
		if one.Product == other.Product {
			met[i] = fleet.Affirm("the lock is there")
		}
	}
	return met, s.mute
}

func naming(names ...string) fleet.Server {
	cfg := fleet.Config{Daemon: kea.DHCP4}
	for _, name := range names {
		cfg.Parsed.Databases = append(cfg.Parsed.Databases, kea.DatabaseRef{Engine: kea.MySQL, Host: "db", Name: name, User: "kea", Uses: []kea.Use{"lease-database"}})
	}
	return fleet.Server{Reach: fleet.Affirm("answers"), Configs: []fleet.Config{cfg}}
}

func answering(id fleet.DatabaseID, sessions ...string) fleet.Database {
	d := fleet.Database{
		ID: id, Name: "kea", Reach: fleet.Affirm("answers"), Primary: fleet.Affirm("writable"), Clients: fleet.Clients{Visible: fleet.Affirm("all")},
		Structure: fleet.Affirm("whole"), Scratch: fleet.Affirm("may"), Lockable: fleet.Affirm("grants"),
	}
	for _, s := range sessions {
		d.Clients.Sessions = append(d.Clients.Sessions, fleet.Session{ID: s})
	}
	return d
}

func survey(t *testing.T, s *seen, names ...string) fleet.Facts {
	t.Helper()
	facts, err := fleet.Survey(t.Context(), s, names, 3)
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

func TestSurveyMergesByIdentity(t *testing.T) {
	s := &seen{
		servers: map[string]fleet.Server{"k1": naming("kea"), "k2": naming("alias"), "k3": naming("kea")},
		databases: map[string]fleet.Database{
			"k1/kea": answering("one", "1", "2"), "k2/alias": answering("one", "2", "3"), "k3/kea": answering("two"),
		},
	}
	facts := survey(t, s, "k3", "k2", "k1")
	var servers []string
	for _, server := range facts.Servers {
		servers = append(servers, server.Name)
	}
	if !slices.Equal(servers, []string{"k3", "k2", "k1"}) {
		t.Errorf("servers %v: not in the order of the fleet file", servers)
	}
	if len(facts.Databases) != 2 || facts.Databases[0].ID != "one" || facts.Databases[1].ID != "two" {
		t.Fatalf("databases %+v", facts.Databases)
	}
	one := facts.Databases[0]
	if !slices.Equal(one.Servers(), []string{"k2", "k1"}) || len(one.Clients.Sessions) != 3 || !one.Reach.OK() {
		t.Errorf("two names of one database: %+v", one)
	}
	if at, ok := one.PlaceFrom("k2"); !ok || at.Name != "alias" {
		t.Errorf("from k2 it is %v", at)
	}
}

// TestDoubtsWin: what one server sees of a database in doubt, is in doubt.
func TestDoubtsWin(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*fleet.Database)
		doubt func(fleet.Database) bool
	}{
		{"reach", func(d *fleet.Database) { d.Reach = fleet.Deny("refused") }, func(d fleet.Database) bool { return !d.Reach.OK() }},
		{"a replica", func(d *fleet.Database) { d.Primary = fleet.Deny("read only") }, func(d fleet.Database) bool { return !d.Primary.OK() }},
		{"sessions", func(d *fleet.Database) { d.Clients.Visible = fleet.Doubt("no PROCESS") }, func(d fleet.Database) bool { return !d.Clients.Visible.OK() }},
		{"empty", func(d *fleet.Database) { d.Empty = true }, func(d fleet.Database) bool { return d.Empty }},
		{"structure", func(d *fleet.Database) { d.Structure = fleet.Deny("a table lacks") }, func(d fleet.Database) bool { return d.Structure.Answer == fleet.No }},
		{"locks", func(d *fleet.Database) { d.Lockable = fleet.Deny("a cluster") }, func(d fleet.Database) bool { return d.Lockable.Answer == fleet.No }},
		{"proofs", func(d *fleet.Database) { d.Scratch = fleet.Deny("lacks CREATE") }, func(d fleet.Database) bool { return d.Scratch.Answer == fleet.No }},
		{"privileges", func(d *fleet.Database) { d.Lacks = lacking("TRIGGER") }, func(d fleet.Database) bool { return slices.Equal(d.Lacks, lacking("TRIGGER")) }},
	}
	for _, test := range tests {
		for _, spoiled := range []string{"k1/kea", "k2/kea"} {
			t.Run(test.name+" from "+spoiled, func(t *testing.T) {
				s := &seen{
					servers:   map[string]fleet.Server{"k1": naming("kea"), "k2": naming("kea")},
					databases: map[string]fleet.Database{"k1/kea": answering("one"), "k2/kea": answering("one")},
				}
				d := s.databases[spoiled]
				test.spoil(&d)
				s.databases[spoiled] = d
				facts := survey(t, s, "k1", "k2")
				if len(facts.Databases) != 1 || !test.doubt(facts.Databases[0]) {
					t.Errorf("%+v", facts.Databases)
				}
			})
		}
	}
}

func lacking(privileges ...string) []fleet.Lack {
	var all []fleet.Lack
	for _, p := range privileges {
		all = append(all, fleet.Lack{What: "kea lacks " + p, Statement: "GRANT " + p})
	}
	return all
}

// TestEveryAccountIsHeard: servers log in with accounts of their own, and any of them may have to migrate.
func TestEveryAccountIsHeard(t *testing.T) {
	s := &seen{
		servers:   map[string]fleet.Server{"k1": naming("kea"), "k2": naming("kea"), "k3": naming("kea")},
		databases: map[string]fleet.Database{},
	}
	for name, lacks := range map[string][]fleet.Lack{"k1": lacking("TRIGGER"), "k2": lacking("ALTER", "TRIGGER"), "k3": nil} {
		d := answering("one")
		d.Lacks = lacks
		if name == "k2" {
			d.Scratch = fleet.Deny("kea@k2 lacks CREATE")
		}
		s.databases[name+"/kea"] = d
	}
	d := survey(t, s, "k1", "k2", "k3").Databases[0]
	if want := lacking("TRIGGER", "ALTER"); !slices.Equal(d.Lacks, want) {
		t.Errorf("lacks %v, want %v", d.Lacks, want)
	}
	for server, want := range map[string]fleet.Answer{"k1": fleet.Yes, "k2": fleet.No, "k3": fleet.Yes, "k4": fleet.CannotTell} {
		if got := d.ScratchFrom(server); got.Answer != want {
			t.Errorf("scratch databases from %s: %s, want %s", server, got, want)
		}
	}
}

// TestWhatCannotBeAsked is in the facts, and never the same as something else.
func TestWhatCannotBeAsked(t *testing.T) {
	s := &seen{servers: map[string]fleet.Server{"k1": naming("kea"), "k2": naming("kea")}}
	facts := survey(t, s, "k1", "k2", "gone")
	if r := facts.Servers[2]; r.Reach.Answer != fleet.CannotTell || !strings.Contains(r.Reach.Saw, "no route to host") || r.Name != "gone" {
		t.Errorf("the server that is gone: %+v", r.Reach)
	}
	if len(facts.Databases) != 2 || facts.Databases[0].ID == facts.Databases[1].ID {
		t.Fatalf("two databases of unknown identity were taken for one: %+v", facts.Databases)
	}
	for _, d := range facts.Databases {
		if d.Reach.Answer != fleet.CannotTell || !strings.Contains(d.Reach.Saw, "connection refused") || d.Name != "kea" || d.Engine != kea.MySQL {
			t.Errorf("%+v", d)
		}
	}
}

func TestStagedConfigurationsAreLookedAt(t *testing.T) {
	server := naming("kea")
	staged := naming("kea2").Configs[0]
	server.Configs[0].Staged = &staged
	s := &seen{
		servers:   map[string]fleet.Server{"k1": server},
		databases: map[string]fleet.Database{"k1/kea": answering("one"), "k1/kea2": answering("two")},
	}
	facts := survey(t, s, "k1")
	if len(facts.Databases) != 1 || facts.Databases[0].ID != "one" {
		t.Errorf("today's: %+v", facts.Databases)
	}
	if len(facts.Staged) != 1 || facts.Staged[0].ID != "two" || facts.Staged[0].Endpoints[0].Place.Server != "k1" {
		t.Errorf("staged: %+v", facts.Staged)
	}
}

// TestOnePlaceIsAskedOnce, whatever a daemon uses it for.
func TestOnePlaceIsAskedOnce(t *testing.T) {
	server := naming("kea", "kea")
	server.Configs[0].Parsed.Databases[1].Uses = []kea.Use{"hosts-databases"}
	s := &seen{servers: map[string]fleet.Server{"k1": server}, databases: map[string]fleet.Database{"k1/kea": answering("one")}}
	facts := survey(t, s, "k1")
	if got := s.looks.Load(); got != 1 {
		t.Errorf("asked %d times", got)
	}
	if uses := facts.Databases[0].Endpoints[0].Uses; len(uses) != 2 {
		t.Errorf("used for %v", uses)
	}
}

func TestSurveyThatIsCutShort(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := &seen{servers: map[string]fleet.Server{"k1": naming()}}
	if facts, err := fleet.Survey(ctx, s, []string{"k1"}, 0); !errors.Is(err, context.Canceled) || len(facts.Servers) != 0 {
		t.Errorf("%+v, %v: half a survey was given for a whole one", facts, err)
	}
}
