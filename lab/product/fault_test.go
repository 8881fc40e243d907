//go:build lab

package product_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kea-lockstep/lab"
	"kea-lockstep/lab/labtest"
	"kea-lockstep/lab/product"
	"kea-lockstep/lab/witness"
)

var (
	every      = flag.Bool("every", false, "every fault of the table, and not only those that there is time for each time")
	record     = flag.String("record", "", "write what was seen of each fault into this document")
	unseen     = flag.Bool("unseen", false, "of the faults, only those that have no line in the document yet")
	engineName = flag.String("engine", string(lab.MySQL), "the engine of the database that faults are tried on")
)

// fault is a line of the table: what goes wrong, when, what must be said and what is typed next. By the exit code of the last command
// the fleet must be at the target, or as it was before.
type fault struct {
	name   string
	at     moment
	strike func(s *struck)
	args   []string // of the upgrade; nil: --to the fleet's target --yes
	codes  []int    // of the drive that is struck
	says   []string // in what it told
	mend   func(s *struck)
	on     []way           // what is typed until the run is over
	last   func(s *struck) // what is done to the fleet then

	again []string                                                     // servers on which packages may have been installed twice
	bad   []string                                                     // servers on which a stranger's Kea may be seen against the wrong schema
	blind bool                                                         // the witness sees nothing for a while
	other bool                                                         // another drive ends the run, at the target
	maybe bool                                                         // its moment may not come
	next  *fault                                                       // the command that carries the run on, and what strikes it
	often bool                                                         // tried each time; the others with -every
	given func(s *struck)                                              // what is arranged before
	drive func(ctx context.Context, s *struck) (product.Output, error) // runs the upgrade in a way of its own; a fault of its own, too
}

// way is a command that leads on. Where something is typed, it is done at a terminal.
type way struct {
	args  []string
	codes []int
	says  []string
	typed [][2]string // what is shown, and what is typed then
}

func resume(codes ...int) way {
	if len(codes) == 0 {
		codes = []int{0}
	}
	return way{args: []string{"resume", "--yes"}, codes: codes}
}

// moment is an event of a run: its type, and its step or phase.
type moment struct{ kind, name string }

func begins(step string) moment { return moment{kind: "step-begun", name: step} }
func ended(step string) moment  { return moment{kind: "step-done", name: step} }
func (m moment) is(e product.Event) bool {
	return e.Type == m.kind && (m.name == "" || e.Step == m.name || e.Step == "" && e.Phase == m.name)
}

func (m moment) String() string {
	return strings.TrimSpace(m.kind + " " + m.name)
}

// struck is one case under way.
type struck struct {
	*testing.T
	fleet   *lab.Fleet
	witness *witness.Witness
	tool    product.Tool
	drive   *product.Drive
}

// must runs a script on a host.
func (s *struck) must(host, script string) string {
	s.Helper()
	return labtest.Must(s.T, s.fleet, host, script)
}

// no ends the case on an error.
func (s *struck) no(err error) {
	s.Helper()
	if err != nil {
		s.Error(err)
	}
}

// faults runs lines of the table, one after the other on one fleet.
func faults(t *testing.T, table []fault) {
	t.Helper()
	faultsOn(t, spec(), table)
}

func faultsOn(t *testing.T, spec lab.Spec, table []fault) {
	t.Helper()
	table, err := tried(t, table, spec.Engine)
	if err != nil {
		t.Fatal(err)
	}
	if len(table) == 0 {
		t.Log("all of these are tried with -every only, or seen")
		return
	}
	f := labtest.Up(t, spec)
	fresh := true
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			if !fresh {
				if err := f.Reset(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			fresh = false
			c.run(t, f)
		})
	}
}

// tried gives the lines that there is time for, and that are not in the document where those are not wanted.
func tried(t *testing.T, table []fault, engine lab.Engine) ([]fault, error) {
	table = slices.DeleteFunc(slices.Clone(table), func(c fault) bool { return !c.often && !*every })
	if !*unseen {
		return table, nil
	}
	seen, err := product.Recorded(*record, section(t.Name(), engine))
	return slices.DeleteFunc(table, func(c fault) bool { return slices.Contains(seen, c.name) }), err
}

// spec is the fleet that faults are tried on.
func spec() lab.Spec { return lab.Spec{Servers: 3, Engine: lab.Engine(*engineName)} }

func (c fault) run(t *testing.T, f *lab.Fleet) {
	s := &struck{T: t, fleet: f, tool: tool(t, f)}
	if c.given != nil {
		c.given(s)
	}
	var said []product.Output
	before := settings(t, f)
	report := observed(t, f, func(w *witness.Witness) {
		s.witness = w
		for at := &c; at != nil; at = at.next {
			said = append(said, at.first(s))
			if at.mend != nil {
				at.mend(s)
			}
		}
		for _, w := range c.on {
			if t.Failed() || over(said[len(said)-1].Code) {
				break
			}
			said = append(said, s.runs(w))
		}
		if last := said[len(said)-1].Code; !over(last) && !c.other {
			t.Errorf("the run is not over: exit %d", last)
		}
		if c.last != nil && !t.Failed() {
			c.last(s)
		}
	})
	old := said[len(said)-1].Code != 0 && !c.other
	c.judge(s, report, old)
	if !t.Failed() && len(c.bad) == 0 { // what a stranger leaves is his
		sameSettings(t, before, settings(t, f), old)
	}
	if t.Failed() {
		for _, out := range said {
			t.Logf("exit %d\n%s", out.Code, out.Stderr)
		}
		return
	}
	if *record != "" {
		s.no(product.Record(*record, c.row(t.Name(), f.Engine, said, report)))
	}
}

// row is what was seen of the fault.
func (c fault) row(test string, engine lab.Engine, said []product.Output, r witness.Report) product.Row {
	var typed, on []string
	at := "from the beginning"
	if c.strike != nil {
		at = c.at.String()
	}
	for next := c.next; next != nil; next = next.next {
		typed = append(typed, strings.Join(next.args, " "))
		at = next.at.String()
	}
	for _, w := range c.on {
		typed = append(typed, strings.Join(w.args, " "))
	}
	for i, out := range said[1:] {
		on = append(on, fmt.Sprintf("%s: %s", typed[i], exit(out)))
	}
	seen := fmt.Sprintf("%d bad moments; no server for %.0f s, the last back after %.0f s", len(r.BadMoments), r.FirstAnswer().Seconds(), r.LastServer().Seconds())
	return product.Row{Test: section(test, engine), Fault: c.name, Cells: []string{at, exit(said[0]), strings.Join(on, "; "), seen}}
}

// section is where the document tells of a test.
func section(test string, engine lab.Engine) string {
	name, _, _ := strings.Cut(test, "/")
	switch engine {
	case lab.PostgreSQL:
		name += " on PostgreSQL"
	case lab.OracleMySQL:
		name += " on MySQL"
	}
	return name
}

// exit is a command's exit code, and what it said that happened.
func exit(out product.Output) string {
	if out.Code < 0 {
		return "killed"
	}
	if what := out.Said(); what != "" {
		return fmt.Sprintf("%d: %s", out.Code, what)
	}
	return fmt.Sprint(out.Code)
}

// over reports whether a drive that ended with the code left nothing to do: done, refused or backed out.
func over(code int) bool { return code == 0 || code == 3 || code == 7 }

// first drives the upgrade and strikes it.
func (c fault) first(s *struck) product.Output {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), 8*time.Minute)
	defer cancel()
	if c.drive != nil {
		out, err := c.drive(ctx, s)
		s.no(err)
		s.expect("upgrade", out, c.codes, c.says)
		return out
	}
	args := c.args
	if args == nil {
		args = []string{"upgrade", "--to", s.fleet.Target, "--yes"}
	}
	var once sync.Once
	var done sync.WaitGroup
	struckIt := c.strike == nil
	ready := make(chan struct{})
	drive, err := s.tool.Drive(ctx, func(e product.Event) {
		if c.strike == nil || !c.at.is(e) {
			return
		}
		once.Do(func() {
			struckIt = true
			done.Go(func() {
				<-ready
				c.strike(s)
			})
		})
	}, args...)
	if err != nil {
		s.Fatal(err)
	}
	s.drive = drive
	close(ready)
	out, err := drive.Wait()
	s.no(err)
	done.Wait()
	if !struckIt && !c.maybe {
		s.Errorf("there was no %s", c.at)
	}
	s.plain(args[0], out)
	s.expect(args[0], out, c.codes, c.says)
	s.complete(args[0], out)
	return out
}

func (s *struck) runs(w way) product.Output {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), 8*time.Minute)
	defer cancel()
	what := strings.Join(w.args, " ")
	if len(w.typed) > 0 {
		out := s.atTerminal(ctx, w)
		s.expect(what, out, w.codes, w.says)
		s.complete(w.args[0], out)
		return out
	}
	out, err := s.tool.Run(ctx, w.args...)
	if err != nil {
		s.Fatal(err)
	}
	s.plain(what, out)
	s.expect(what, out, w.codes, w.says)
	s.complete(w.args[0], out)
	return out
}

// atTerminal runs a command and types what is wanted.
func (s *struck) atTerminal(ctx context.Context, w way) product.Output {
	s.Helper()
	tty, err := product.Start(s.tool.Command(ctx, w.args...))
	if err != nil {
		s.Fatal(err)
	}
	mark := 0
	for _, one := range w.typed {
		if mark, err = tty.Await(ctx, mark, one[0]); err != nil {
			s.Error(err)
			break
		}
		s.no(tty.Type(one[1]))
	}
	code := tty.Wait()
	return product.Output{Code: code, Stderr: tty.Text()}
}

// observed is watched, without a verdict on what was seen.
func observed(t *testing.T, f *lab.Fleet, do func(*witness.Witness)) witness.Report {
	t.Helper()
	w, err := witness.Start(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	offers(t, w)
	do(w)
	if !t.Failed() {
		offers(t, w)
	}
	report := w.Stop()
	t.Log(report)
	return report
}

// judge holds what the witness saw, and the fleet as it is now, against what must be: all at the target, or all as before.
func (c fault) judge(s *struck, r witness.Report, old bool) {
	s.Helper()
	for _, b := range r.BadMoments {
		if !slices.Contains(c.bad, b.Host) {
			s.Errorf("bad moment: %s", b)
		}
	}
	for _, p := range r.StartedByPackages() {
		if !slices.Contains(c.bad, p.Host) { // it may be the stranger's, while packages are installed
			s.Errorf("a package started %+v", p)
		}
	}
	if !c.blind && r.WasBlind() {
		s.Errorf("the witness was blind for %+v", r.Blind)
	}
	migratedOnce(s.T, s.fleet)
	for _, server := range s.fleet.Servers {
		for _, unit := range repeated(started(s.T, s.fleet, server.Name), sameUnit) {
			s.Errorf("%s: %s was started twice", server.Name, unit)
		}
	}
	if old {
		restsAt(s.T, s.fleet, oldVersion(s.fleet))
		return
	}
	restsAt(s.T, s.fleet, s.fleet.Target)
	for _, server := range s.fleet.Servers {
		if !slices.Contains(c.again, server.Name) {
			startedOnce(s.T, s.fleet, server.Name)
		}
	}
}

// restsAt wants the fleet at rest at a version of Kea.
func restsAt(t *testing.T, f *lab.Fleet, version string) {
	t.Helper()
	atRest(t, f, version, witness.Expects(f.Engine, version))
	for _, engine := range f.Engines()[1:] {
		if err := product.DatabaseAtRest(t.Context(), f.On(engine), witness.Expects(engine, version)); err != nil {
			t.Errorf("%s: %v", engine, err)
		}
	}
}

// status is where the run stands, as the tool tells it.
func (s *struck) status() (state struct {
	Run, State, Next string
	Groups           []struct {
		State, Phase string
		Problem      *struct{ What, Why string }
	}
}) {
	s.Helper()
	out, err := s.tool.Run(s.Context(), "status", "-o", "json")
	if err != nil {
		s.Fatal(err)
	}
	if err := json.Unmarshal([]byte(out.Stdout), &state); err != nil {
		s.Fatalf("status: %v\n%s", err, out)
	}
	return state
}
