package live

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator/journal"
)

// climb reads how far a migration has come out of what its job puts out. steps.sh names the scripts ahead, and every kea-admin since
// 1.0 says of each script that it begins it. So nobody has to ask the database, and whoever finds the job later reads it all again.
type climb struct {
	tell func(journal.Progress) // nil: nobody listens

	mu     sync.Mutex
	way    []kea.Schema // the schema that was found, and what each step leads to
	now    int          // the step at work, from 1
	told   int
	before int         // the step that was at work before
	timer  *time.Timer // what comes at once, as of a job that is found, is told by its newest
	over   bool
}

// quiet is how long nothing more may come before a step is told: a script that has nothing to do says so at once.
const quiet = 200 * time.Millisecond

func newClimb(tell func(journal.Progress)) *climb { return &climb{tell: tell} }

var (
	upgradeScript = regexp.MustCompile(`\bupgrade_[\d.]+_to_0*(\d+)(?:\.(\d+))?\.sh\b`)
	scriptBegins  = regexp.MustCompile(`^Processing (\S*upgrade_\S+) file\.\.\.$`)
)

// hear takes the next line in.
func (c *climb) hear(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	begins := scriptBegins.FindStringSubmatch(line)
	switch from, ahead, ok := strings.Cut(line, aheadMark); {
	case ok && c.way == nil:
		c.way = wayOf(from, ahead)
	case begins != nil && len(c.way) > 1:
		steps := leadsTo(begins[1])
		if len(steps) == 0 {
			return
		}
		// What is behind, or on no way that is known, is no step.
		if at := slices.Index(c.way, steps[0]); at > c.now {
			c.before, c.now = c.now, at
			c.later()
		}
	case strings.HasSuffix(line, "Skipping upgrade."):
		c.now = c.before // the one before it has failed
	}
}

// aheadMark is what steps.sh puts between the schema and the names of the scripts ahead.
const aheadMark = ", ahead: "

// wayOf gives the schema that was found and those that the scripts ahead lead to, in order.
func wayOf(from, scripts string) []kea.Schema {
	found, err := kea.ParseSchema(strings.TrimPrefix(from, "schema "))
	if err != nil {
		return nil
	}
	way := slices.DeleteFunc(leadsTo(scripts), func(to kea.Schema) bool { return to.Compare(found) <= 0 })
	slices.SortFunc(way, kea.Schema.Compare)
	return slices.Insert(slices.Compact(way), 0, found)
}

// leadsTo reads the schemas that scripts lead to out of their names: upgrade_022.1_to_022.2.sh, upgrade_022_to_023.sh.
func leadsTo(scripts string) (all []kea.Schema) {
	for _, m := range upgradeScript.FindAllStringSubmatch(scripts, -1) {
		if to, err := kea.ParseSchema(m[1] + "." + cmp.Or(m[2], "0")); err == nil {
			all = append(all, to)
		}
	}
	return all
}

// later tells once nothing more comes.
func (c *climb) later() {
	if c.timer != nil {
		c.timer.Stop()
	}
	c.timer = time.AfterFunc(quiet, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.say()
	})
}

func (c *climb) say() {
	if c.over || c.now == c.told || c.tell == nil {
		return
	}
	c.told = c.now
	c.tell(journal.Along(c.way, c.now))
}

// end tells what is left. Nothing is told after it.
func (c *climb) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timer != nil {
		c.timer.Stop()
	}
	c.say()
	c.over = true
}
