package fleet

import (
	"fmt"
	"testing"
)

// TestALookCostsAServerAsMuchInALargeFleet counts how often a server is made to list its connections: however many others share the
// database, and however many look at it at once.
func TestALookCostsAServerAsMuchInALargeFleet(t *testing.T) {
	const (
		inSurvey  = 8  // its service's own, and what came while another ran
		inUpgrade = 32 // two surveys more, what is confirmed, and connections that come to be known at gates and to the watch
	)
	for _, servers := range []int{4, 24} {
		t.Run(fmt.Sprint(servers, " servers"), func(t *testing.T) {
			f := raise(t, Spec{Servers: servers})
			before := 0
			costs := func(most int) {
				t.Helper()
				now := 0
				for _, h := range f.Hosts {
					now = max(now, h.Ran("ss"))
				}
				t.Logf("the server that was asked most listed its connections %d times", now-before)
				if now-before > most {
					t.Errorf("at most %d times were enough", most)
				}
				before = now
			}
			f.must(t, 0, fmt.Sprint(servers, " servers share 1 database"), "survey")
			costs(inSurvey)
			f.must(t, 0, fmt.Sprint(servers, " servers at Kea 3.0.3"), "upgrade", "--yes")
			costs(inUpgrade)
			f.calm(t)
		})
	}
}

// TestASurveyLeavesTheDatabaseItsConnections: a server of MySQL lets 151 in by default, PostgreSQL 100, and Kea's own are among them. Of a
// survey only those count that are looked at just now, and those before them whose end the server may still have to hear of.
func TestASurveyLeavesTheDatabaseItsConnections(t *testing.T) {
	const (
		atOnce = 8 // ways that are looked through
		each   = 4 // to read as Kea, to ask once more who the server is, to read as the administrator, to see sessions
	)
	f := raise(t, Spec{Servers: 64})
	f.must(t, 0, "64 servers share 1 database", "survey")
	if most, enough := f.Base.Most(), 2*atOnce*each; most > enough {
		t.Errorf("%d connections at once, and %d were enough", most, enough)
	}
}
