//go:build lab

package product_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"kea-lockstep/lab"
	"kea-lockstep/lab/labtest"
	"kea-lockstep/lab/product"
	"kea-lockstep/lab/witness"
)

// deaths are the ways in which a migration dies on the canary. Each first waits for kea-admin, and says what it killed; nothing where the
// migration was over.
var deaths = []struct{ name, script string }{
	{"its process group", `kill -s KILL -- "-$(ps -o pgid= -p "$pid" | tr -d ' ')"`},
	{"kea-admin alone", `kill -s KILL "$pid"`},
	{"its unit", `systemctl kill --signal=KILL 'kea-lockstep-*-migrate-k1-db1-*.service'`},
}

const awaitsAdmin = `for _ in $(seq 100); do pid=$(pgrep -o -x kea-admin) && break; sleep 0.02; done
[ -n "$pid" ] || exit 0
at=$(pgrep -a -f 'upgrade_[0-9.]*_to_[0-9.]*[.]sh' | sed -n 's/.*\(upgrade_[0-9._a-z]*\)[.]sh.*/\1/p' | head -n 1)
%s && echo "killed in ${at:-kea-admin itself}"`

// torn is the deaths of a migration: where its moments come from, and how the runs ended.
type torn struct {
	draw    *rand.Rand
	longest time.Duration     // that a migration is thought to take: what is killed later is over
	made    map[string]string // by Kea's version, the structure of its schema
	ends    map[string]int
}

// TestMigrationKilled kills kea-admin on the canary at random moments of the migration, -kills times, some of them of migrations that a
// resume began. Each time the run ends by itself with the whole migration, or backs out of one that had not begun to write, or halts and
// offers both ways on, and the one that is taken at last leads to its end: by turns, to the target or back to the old software and schema,
// every object of the schema as it is when nothing is killed, every lease there, and at no moment a Kea at a schema that is not its own.
func TestMigrationKilled(t *testing.T) {
	fleet := spec()
	fleet.Servers = 2
	f := labtest.Up(t, fleet)
	t.Logf("seed %d on %s", *seed, f.Engine)
	all := torn{draw: rand.New(rand.NewPCG(*seed, 2)), made: map[string]string{}, ends: map[string]int{}}
	all.undisturbed(t, f)
	for died, over, turn := 0, 0, 0; died < *kills; turn++ {
		killed := 0
		passed := t.Run(fmt.Sprintf("from kill %d on", died+1), func(t *testing.T) {
			if err := f.Reset(t.Context()); err != nil {
				t.Fatal(err)
			}
			killed = all.round(t, f, turn, min(*kills-died, leastInARow+all.draw.IntN(mostInARow-leastInARow+1)))
		})
		if !passed {
			break
		}
		if died += killed; killed == 0 {
			over++
		}
		if over > redraws+*kills/4 {
			t.Fatalf("%d migrations were over before they could be killed", over)
		}
	}
	for end, times := range all.ends {
		t.Logf("%d times: %s", times, end)
	}
}

// undisturbed is an upgrade that nothing happens to: what its migration takes, and what it makes.
func (k *torn) undisturbed(t *testing.T, f *lab.Fleet) {
	t.Helper()
	k.made["2.6.3"] = structure(t, f)
	var begun time.Time
	s := &struck{T: t, fleet: f, tool: tool(t, f)}
	report := watched(t, f, func() {
		c := fault{at: begins("migrate-k1-db1"), codes: []int{0}, strike: func(*struck) { begun = time.Now() }}
		c.first(s)
	})
	restsAt(t, f, "3.0.3")
	k.made["3.0.3"] = structure(t, f)
	k.longest = took(report, begun, witness.Expects(f.Engine, "3.0.3"))
	t.Logf("a migration that nobody disturbs takes %s", k.longest.Round(time.Millisecond))
}

// Of one run so many migrations are killed, each but the first begun by a resume, as long as there is something to resume.
const leastInARow, mostInARow = 2, 8

// round kills a migration, and those that resumes begin, goes on then as it is this one's turn, and looks at what became of the fleet. It
// gives how many were killed.
func (k *torn) round(t *testing.T, f *lab.Fleet, turn, most int) (died int) {
	s := &struck{T: t, fleet: f, tool: tool(t, f)}
	var said []product.Output
	var begun time.Time
	c := fault{name: t.Name(), blind: true} // a restore takes the schema away for a while
	report := observed(t, f, func(w *witness.Witness) {
		s.witness = w
		for killed := true; killed && died < most && (died == 0 || said[died-1].Code == 5); {
			var out product.Output
			out, begun, killed = k.kill(s, died > 0)
			said = append(said, out)
			if killed {
				died++
			}
		}
		if said[len(said)-1].Code == 5 {
			said = append(said, s.runs([]way{resume(), rollback()}[turn%2]))
		}
	})
	last := said[len(said)-1]
	c.judge(s, report, last.Code != 0)
	k.whole(t, f, map[bool]string{true: "3.0.3", false: "2.6.3"}[last.Code == 0])
	end := fmt.Sprintf("%d killed, then", died)
	for _, out := range said {
		end += fmt.Sprintf(" %d", out.Code)
	}
	t.Logf("%s; %d migrations were begun", end, len(migrations(t, f, "k1")))
	k.ends[end]++
	if t.Failed() {
		for _, out := range said {
			t.Log(out.Stderr)
		}
	}
	if k.longest += time.Duration(died) * k.longest / 20; died < most && last.Code == 0 { // the last one was over before
		k.longest = took(report, begun, witness.Expects(f.Engine, "3.0.3"))
	}
	return died
}

// kill lets an upgrade or a resume begin a migration and kills that. It gives what was said, when the migration began, and whether there was
// one to be killed.
func (k *torn) kill(s *struck, resumes bool) (out product.Output, begun time.Time, killed bool) {
	s.Helper()
	after, how := time.Duration(k.draw.Int64N(int64(k.longest))), deaths[k.draw.IntN(len(deaths))]
	var at string
	c := fault{at: begins("migrate-k1-db1"), codes: []int{0, 5, 7}, maybe: resumes, strike: func(s *struck) {
		begun = time.Now()
		s.passes(after)
		at = strings.TrimSpace(s.must("k1", fmt.Sprintf(awaitsAdmin, how.script)))
	}}
	if resumes {
		c.args = []string{"resume", "--yes"}
	}
	out = c.first(s)
	if out.Code == 5 {
		for _, offered := range []string{"kea-lockstep resume", "kea-lockstep rollback"} {
			if !out.Says(offered) {
				s.Errorf("halted, and %q is not offered", offered)
			}
		}
	}
	s.Logf("%s after %s: %s: exit %d: %s", how.name, after.Round(time.Millisecond), at, out.Code, out.Said())
	return out, begun, at != ""
}

// took is how long a migration took that led to the target, by the witness's eyes.
func took(r witness.Report, begun time.Time, target string) time.Duration {
	for _, c := range r.Schema {
		if c.Version == target && c.At.After(begun) {
			return max(c.At.Sub(begun), time.Second)
		}
	}
	return time.Second
}

// probeTable is what kea-admin for MySQL tries its account's rights on before it begins. One that is killed there leaves it, empty, and its
// next run begins by dropping it. A run that backs out then says so, and touches nothing.
const probeTable = "kea_dummy_table"

// whole wants each object of the fleet's database to be as it was, or as a migration makes it that nobody disturbs.
func (k *torn) whole(t *testing.T, f *lab.Fleet, version string) {
	t.Helper()
	have := structure(t, f)
	if strings.Contains(have, probeTable) && version == "2.6.3" {
		t.Logf("kea-admin's %s is left", probeTable)
		mustSQL(t, f, "DROP TABLE "+probeTable+";")
		have = structure(t, f)
	}
	if have != k.made[version] {
		t.Errorf("the schema for %s is not what it is when nothing was killed:\n%s", version, changes(k.made[version], have))
	}
}

func structure(t *testing.T, f *lab.Fleet) string {
	t.Helper()
	text, err := f.Structure(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text, "lease4") {
		t.Fatalf("no structure was read: %q", text)
	}
	return text
}
