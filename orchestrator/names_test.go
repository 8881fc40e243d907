package orchestrator_test

import (
	"slices"
	"strings"
	"testing"

	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator"
)

// TestDatabasesOfOneName: people are told of which database a step, a warning or a failure is, though both are called the same.
func TestDatabasesOfOneName(t *testing.T) {
	for _, c := range []struct {
		name  string
		place [2]string // host
		want  []string
	}{
		{"in two engines on one host", [2]string{"192.0.2.5", "192.0.2.5"}, []string{"kea on 192.0.2.5", "kea on 192.0.2.5:5432"}},
		{"over the sockets of two engines", [2]string{"localhost", "/run/postgresql"}, []string{"kea on localhost", "kea on /run/postgresql"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			spec := three()
			spec.Databases = 2
			facts := surveyed(t, spec)
			for i := range facts.Databases {
				d := &facts.Databases[i]
				d.Name, d.More = "kea", []string{"table of_somebody"}
				d.Engine = []kea.Engine{kea.MySQL, kea.PostgreSQL}[i]
				for j := range d.Endpoints {
					at := &d.Endpoints[j].Place
					at.Name, at.Host, at.Engine = "kea", c.place[i], d.Engine
				}
			}
			p := orchestrator.Make(facts, version(t, "3.0.3"), usual())
			g := p.Groups[0]
			var names, titles []string
			for _, d := range g.Databases {
				names = append(names, d.Name)
			}
			for _, phase := range slices.Concat(g.Phases, g.Back) {
				for _, s := range phase.Steps() {
					if s.Kind == orchestrator.KindMigrate || s.Kind == orchestrator.KindRestore {
						titles = append(titles, s.Title)
					}
				}
			}
			if !slices.Equal(names, c.want) {
				t.Errorf("called %q, want %q", names, c.want)
			}
			for _, name := range c.want {
				for _, title := range []string{"kea-admin db-upgrade of " + name, "restore the backup of " + name} {
					if !slices.Contains(titles, title) {
						t.Errorf("no step is %q, of %q", title, titles)
					}
				}
				if !slices.ContainsFunc(p.Warnings, func(f orchestrator.Finding) bool {
					return f.Code == "extra" && strings.HasPrefix(f.Message, name+": ")
				}) {
					t.Errorf("no warning is about %q: %+v", name, p.Warnings)
				}
			}
			if facts.Databases[0].Name != "kea" {
				t.Errorf("the facts were changed: %q", facts.Databases[0].Name)
			}
		})
	}
}

// TestDatabasesOfOneNameOnTheirServers: localhost is another on every server.
func TestDatabasesOfOneNameOnTheirServers(t *testing.T) {
	spec := three()
	spec.Separate = true
	facts := surveyed(t, spec)
	for i := range facts.Databases {
		d := &facts.Databases[i]
		d.Name = "kea"
		for j := range d.Endpoints {
			d.Endpoints[j].Place.Name, d.Endpoints[j].Place.Host = "kea", "localhost"
		}
	}
	var names []string
	for _, g := range orchestrator.Make(facts, version(t, "3.0.3"), usual()).Groups {
		for _, d := range g.Databases {
			names = append(names, d.Name)
		}
	}
	if want := []string{"kea on localhost, of k1", "kea on localhost, of k2", "kea on localhost, of k3"}; !slices.Equal(names, want) {
		t.Errorf("called %q, want %q", names, want)
	}
}
