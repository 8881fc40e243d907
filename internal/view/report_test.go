package view_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/view"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// tale tells the events of a run of one group.
type tale struct {
	at     time.Time
	epoch  int
	events []journal.Event
	group  string
}

func (s *tale) tell(after time.Duration, e journal.Event) {
	s.at = s.at.Add(after)
	e.Time, e.Seq, e.Run, e.Epoch = s.at, len(s.events)+1, "20261122T020300Z-7q2d", s.epoch
	s.events = append(s.events, e)
}

// of tells an event of the group.
func (s *tale) of(after time.Duration, e journal.Event) {
	e.Group = s.group
	s.tell(after, e)
}

func (s *tale) step(took time.Duration, phase, kind, server string, attempt int, facts map[string]string) {
	on := journal.Event{Phase: phase, Step: kind + "-" + server, Server: server}
	begun, done := on, on
	begun.Type, done.Type = journal.StepBegun, journal.StepDone
	s.of(10*time.Millisecond, begun.With(journal.Attempt{Number: attempt, Title: kind + " it", Kind: kind}))
	s.of(took, done.With(journal.Result{Kind: kind, Saw: "so", Facts: facts}))
}

func (s *tale) phase(t journal.Type, name string) { s.of(0, journal.Event{Type: t, Phase: name}) }

func (s *tale) status(t *testing.T) journal.Status {
	t.Helper()
	var fold journal.Folding
	for _, e := range s.events {
		if err := fold.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	return fold.Status()
}

// halts is a run that halts past the point of no return.
func halts(p orchestrator.Plan) *tale {
	s := &tale{at: time.Date(2026, 11, 22, 2, 3, 0, 0, time.UTC), epoch: 1, group: p.Groups[0].ID}
	base := string(p.Groups[0].Databases[0].ID)
	s.tell(0, journal.Event{Type: journal.RunBegun}.With(journal.Begun{Command: "upgrade", Driver: "root@bastion process 812", Fleet: "/etc/fleet.yaml", Target: p.Target, Answers: journal.Terminal}))
	s.tell(time.Second, journal.Event{Type: journal.PlanMade}.With(p))
	s.of(0, journal.Event{Type: journal.GateAsked, Phase: "stop"}.With(journal.Asking{Gate: "go", Verdict: fleet.Affirm("160 checks")}))
	s.of(time.Second, journal.Event{Type: journal.Asked}.With(journal.Question{Question: "stop every Kea daemon?", Yes: true}))
	s.phase(journal.PhaseBegun, "stop")
	for _, server := range p.Groups[0].Servers {
		for _, kind := range []string{"claim", "fence", "stop"} {
			s.step(200*time.Millisecond, "stop", kind, server.Name, 1, nil)
		}
	}
	s.phase(journal.PhaseDone, "stop")
	s.phase(journal.PhaseBegun, "back up")
	for _, server := range []string{"k2", "k3"} {
		s.step(2*time.Second, "back up", "dump", server, 1, map[string]string{
			"database": base, "path": "/var/backups/kea.sql.gz", "bytes": "38412006", "sha256": "ef25a1a7",
		})
	}
	s.step(3*time.Second, "back up", "prove", "k2", 1, map[string]string{"database": base, "proof": "restored and compared: 412,006 leases"})
	s.phase(journal.PhaseDone, "back up")
	s.phase(journal.PhaseBegun, "migrate")
	on := journal.Event{Phase: "migrate", Step: "migrate-k1-db1", Server: "k1"}
	begun, failed := on, on
	begun.Type, failed.Type = journal.StepBegun, journal.StepFailed
	s.of(0, begun.With(journal.Attempt{Number: 1, Title: "kea-admin db-upgrade", Kind: "migrate"}))
	s.of(4*time.Second, failed.With("torn at 28.0\nERROR 1062 (23000)"))
	s.of(0, journal.Event{Type: journal.GroupEnded, Phase: "migrate"}.With(journal.Ended{State: journal.Halted, Problem: &journal.Problem{
		Phase: "migrate", What: "kea-admin db-upgrade on k1 failed", Why: "torn at 28.0\nERROR 1062 (23000)",
	}}))
	s.tell(0, journal.Event{Type: journal.DriveEnded})
	return s
}

// resumed carries it on to its end, seven hours later and with --yes.
func (s *tale) resumed(p orchestrator.Plan) *tale {
	s.epoch = 2
	s.tell(7*time.Hour, journal.Event{Type: journal.DriveBegun}.With(journal.Begun{Command: "resume", Driver: "ann@bastion process 99", Fleet: "/etc/fleet.yaml", Target: p.Target, Answers: journal.YesFlag}))
	for _, server := range p.Groups[0].Servers {
		fenced := journal.Event{Type: journal.StepDone, Phase: "stop", Step: "fence-" + server.Name, Server: server.Name}
		s.of(50*time.Millisecond, fenced.With(journal.Result{Kind: "fence", Probed: true, Saw: "fenced"}))
	}
	s.phase(journal.PhaseBegun, "migrate")
	s.of(time.Second, journal.Event{Type: journal.Asked}.With(journal.Question{Question: "restore the backup?", Yes: true}))
	s.step(time.Second, "migrate", "restore", "k2", 1, nil)
	s.step(4*time.Second, "migrate", "migrate", "k1", 2, nil)
	s.phase(journal.PhaseDone, "migrate")
	base := p.Groups[0].Databases[0]
	s.phase(journal.PhaseBegun, "verify schema")
	s.step(time.Second, "verify schema", "verify", "k1", 1, map[string]string{"database": string(base.ID), "schema": base.Target.String()})
	s.phase(journal.PhaseDone, "verify schema")
	for _, one := range []struct{ phase, kind string }{{"upgrade the rest", "install"}, {"start the rest", "unfence"}, {"confirm the rest", "confirm"}} {
		s.phase(journal.PhaseBegun, one.phase)
		for _, server := range p.Groups[0].Servers {
			s.step(500*time.Millisecond, one.phase, one.kind, server.Name, 1, map[string]string{"version": p.Target.String()})
		}
		s.phase(journal.PhaseDone, one.phase)
	}
	s.of(0, journal.Event{Type: journal.GroupEnded, Phase: "finish"}.With(journal.Ended{State: journal.Done}))
	s.tell(0, journal.Event{Type: journal.DriveEnded})
	return s
}

// written gives a report in all its formats.
func written(t *testing.T, r view.Report) map[string]string {
	t.Helper()
	page := view.NewPage(view.Paper{})
	r.Text(page)
	var json strings.Builder
	if err := view.JSON(&json, r); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{"text": page.String(), "json": json.String()}
	for _, format := range view.Formats(r)[2:] {
		text, err := view.As(format, r)
		if err != nil {
			t.Fatal(err)
		}
		all[format] = text
	}
	if len(all) != 6 {
		t.Errorf("it is written as %v", view.Formats(r))
	}
	return all
}

func TestReport(t *testing.T) {
	p := plan(t, facts(t, three(), nil), orchestrator.UnprovedBackup)
	for name, s := range map[string]*tale{"report-halted": halts(p), "report": halts(p).resumed(p)} {
		r := view.NewReport(s.status(t), s.at.Add(10*time.Minute), view.Where{State: " --state DIR"}, nil, false)
		for format, text := range written(t, r) {
			ending := map[string]string{"text": "txt", "markdown": "md", "mermaid": "mmd", "prometheus": "prom"}[format]
			if ending == "" {
				ending = format
			}
			same(t, name+"."+ending+".golden", text)
		}
	}
}

func TestAVerboseReportTellsEachStep(t *testing.T) {
	p := plan(t, facts(t, three(), nil))
	s := halts(p)
	for verbose, want := range map[bool]int{false: 1, true: 3} {
		page := view.NewPage(view.Paper{})
		view.NewReport(s.status(t), s.at, view.Where{}, nil, verbose).Text(page)
		if got := strings.Count(page.String(), "  fence it  "); got != want {
			t.Errorf("verbose %t: fence is told %d times, want %d:\n%s", verbose, got, want, page)
		}
	}
}

// A drive that died, one that was taken over, and a journal that ends too early are each told as what they are.
func TestAReportTellsWhatItCannotKnow(t *testing.T) {
	p := plan(t, facts(t, three(), nil))
	died := halts(p)
	died.events = died.events[:len(died.events)-3] // amid the migration
	lost := died.status(t)
	lost.Interrupt()
	taken := &tale{at: died.at, epoch: 3, group: died.group}
	taken.tell(0, journal.Event{Type: journal.RunBegun}.With(journal.Begun{Command: "resume --from", Driver: "ann@laptop process 3", Target: p.Target}))
	taken.tell(0, journal.Event{Type: journal.PlanMade}.With(p))
	taken.tell(0, journal.Event{Type: journal.TakenOver}.With(journal.Takeover{Server: "k2", Driver: "root@bastion process 812", Groups: []string{taken.group}}))
	taken.epoch = 4
	taken.tell(0, journal.Event{Type: journal.DriveBegun}.With(journal.Begun{Command: "resume --from", Driver: "ann@laptop process 3", Target: p.Target}))
	for name, test := range map[string]struct {
		status  journal.Status
		damaged error
		want    []string
	}{
		"died":    {lost, nil, []string{"migrate, not finished", "its fate is asked of the fleet: kea-admin db-upgrade", "ended without a word, after 02:03:", "kea-lockstep resume"}},
		"taken":   {taken.status(t), nil, []string{"drive 3, by root@bastion process 812: its journal is elsewhere", "drive 4, resume --from by ann@laptop process 3", "taken over from the marker of k2"}},
		"damaged": {died.status(t), fmt.Errorf("line 40: it is not what its hash is of"), []string{"damaged", "line 40", "not in this report"}},
		"empty":   {journal.Status{Run: "R", State: journal.Refused}, nil, []string{"report of run R", "refused: it has no plan"}},
	} {
		t.Run(name, func(t *testing.T) {
			all := written(t, view.NewReport(test.status, died.at, view.Where{}, test.damaged, false))
			for _, want := range test.want {
				if !strings.Contains(all["text"], want) {
					t.Errorf("it does not say %q:\n%s", want, all["text"])
				}
			}
			if test.damaged != nil {
				for _, format := range []string{"json", "markdown", "html"} {
					if !strings.Contains(all[format], "damaged") {
						t.Errorf("%s hides that the journal is damaged", format)
					}
				}
			}
		})
	}
}

// Clocks that are set back make no time that nobody can tell, and no picture.
func TestAReportOfAClockThatWasSetBack(t *testing.T) {
	p := plan(t, facts(t, three(), nil))
	s := halts(p)
	s.at = s.at.Add(-9 * time.Hour)
	r := view.NewReport(s.resumed(p).status(t), s.at, view.Where{}, nil, false)
	all := written(t, r)
	if !strings.Contains(all["text"], "nobody can tell") || strings.Contains(all["html"], `class="plot"`) || strings.Contains(all["prometheus"], "outage_seconds{") {
		t.Errorf("it tells what nobody can know:\n%s\n%s", all["text"], all["prometheus"])
	}
	if strings.Contains(all["text"], " -") && regexp.MustCompile(`-\d+\.\d s`).MatchString(all["text"]) {
		t.Errorf("a time is below nothing:\n%s", all["text"])
	}
}

func TestAReportOfManyIsShort(t *testing.T) {
	crowd := three()
	crowd.Servers = 70
	p := plan(t, facts(t, crowd, nil))
	s := halts(p).resumed(p)
	all := written(t, view.NewReport(s.status(t), s.at, view.Where{}, nil, false))
	for format, most := range map[string]int{"text": 70, "markdown": 100, "mermaid": 40} {
		if n := strings.Count(all[format], "\n"); n > most {
			t.Errorf("%s has %d lines:\n%s", format, n, all[format])
		}
	}
	if n := strings.Count(all["html"], `<rect class="down"`); n != 70 {
		t.Errorf("the picture has %d servers", n)
	}
}

// Several groups are told apart.
func TestAReportOfSeveralGroups(t *testing.T) {
	apart := three()
	apart.Separate = true
	p := plan(t, facts(t, apart, nil))
	s := halts(p)
	all := written(t, view.NewReport(s.status(t), s.at, view.Where{}, nil, false))
	for _, want := range []string{"k1  halted, past the point of no return", "k2  waiting", "02:03:01         k1  gate go: yes", "k1: halted"} {
		if !strings.Contains(all["text"], want) {
			t.Errorf("it does not say %q:\n%s", want, all["text"])
		}
	}
	for _, want := range []string{`group="k1",state="halted"} 1`, `group="k2",state="waiting"} 1`} {
		if !strings.Contains(all["prometheus"], want) {
			t.Errorf("the metrics lack %s:\n%s", want, all["prometheus"])
		}
	}
	exposition(t, all["prometheus"])
}
