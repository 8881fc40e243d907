package cli

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"kea-lockstep/internal/world"
)

// heardNotice is a notice as a script reads it.
type heardNotice struct {
	Format, What, Run, Fleet, Group, Phase, Server, State, Next, Text string
	Time                                                              time.Time
	Outage                                                            float64 `json:"outage_s"`
}

// listening puts listeners into the bench's fleet file.
func (b *bench) listening(notify string) {
	b.write("fleet.yaml", "version: 1\nconfirm: { settle: 1ms }\nservers: [ { name: k1 }, { name: k2 } ]\nnotify:\n"+strings.ReplaceAll(notify, "DIR", b.dir))
}

// notices reads what a command of the fleet file was told, and forgets it.
func (b *bench) notices() (all []heardNotice, whats []string) {
	b.t.Helper()
	file, err := os.Open(b.path("told"))
	if err != nil {
		b.t.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var n heardNotice
		if err := json.Unmarshal(lines.Bytes(), &n); err != nil {
			b.t.Fatalf("%v in %s", err, lines.Text())
		}
		all, whats = append(all, n), append(whats, n.What)
	}
	if err := os.Remove(b.path("told")); err != nil {
		b.t.Fatal(err)
	}
	return all, whats
}

const toFile = "  - exec: [sh, -c, 'cat >>DIR/told']\n"

func TestListenersAreToldHowARunGoes(t *testing.T) {
	b := newBench(t, 2)
	b.listening(toFile)
	r := b.expect(codeDone, "upgrade --to 3.0.3 --yes")
	all, whats := b.notices()
	if !slices.Equal(whats, []string{"start", "stop", "point-of-no-return", "end"}) || strings.Contains(r.talk, "notify") {
		t.Fatalf("told %s\n%s", whats, r.talk)
	}
	run := b.newestRun()
	for _, n := range all {
		if n.Format != "kea-lockstep.notice/1" || n.Run != run || n.Fleet != b.path("fleet.yaml") || n.Time.IsZero() || !strings.Contains(n.Text, "run "+run+": ") || n.Next == "" {
			t.Errorf("%+v", n)
		}
	}
	if n := all[1]; n.Group != "k1+k2" || n.Phase != "stop" || n.State != "running" || !strings.HasPrefix(n.Next, "kea-lockstep status "+run) {
		t.Errorf("%+v", n)
	}
	if n := all[3]; n.State != "done" || n.Group != "" || !strings.Contains(n.Text, "done: 2 servers at Kea 3.0.3") || !strings.HasPrefix(n.Next, "kea-lockstep check") {
		t.Errorf("%+v", n)
	}
}

func TestListenersAreToldOfAFailureAndOfTheWayOn(t *testing.T) {
	b := newBench(t, 2)
	b.listening(toFile)
	b.at = failing("start-k1/", world.Fails)
	b.expect(codeHaltedPast, "upgrade --to 3.0.3 --yes")
	all, whats := b.notices()
	if !slices.Equal(whats, []string{"start", "stop", "point-of-no-return", "failure", "end"}) {
		t.Fatalf("told %s", whats)
	}
	if n := all[3]; n.Group != "k1+k2" || n.Server != "k1" || !strings.Contains(n.Text, "start-k1: ") {
		t.Errorf("%+v", n)
	}
	if n := all[4]; n.State != "halted" || !strings.Contains(n.Text, "after the point of no return") || !strings.HasPrefix(n.Next, "kea-lockstep resume ") || !strings.Contains(n.Text, n.Next) {
		t.Errorf("%+v", n)
	}
	b.at = nil
	b.expect(codeDone, "resume --yes") // what was told by the first drive is no news
	if all, whats = b.notices(); !slices.Equal(whats, []string{"start", "end"}) || !strings.Contains(all[0].Text, "resume begins") {
		t.Errorf("told %s: %+v", whats, all)
	}
}

func TestListenersAreToldOfARefusal(t *testing.T) {
	b := newBench(t, 2)
	b.listening(toFile)
	b.expect(codeRefused, "upgrade --to 2.4.0 --yes")
	all, whats := b.notices()
	if !slices.Equal(whats, []string{"end"}) || all[0].State != "refused" || !strings.Contains(all[0].Text, "which is newer than 2.4.0") {
		t.Errorf("told %s: %+v", whats, all)
	}
}

// Who cannot be told is named once; the run goes on as without, and no address of a webhook is shown.
func TestNobodyWhoIsToldTouchesARun(t *testing.T) {
	b := newBench(t, 2)
	got := make(chan string, 16)
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		got <- r.URL.Path
		out.WriteHeader(http.StatusTeapot)
	}))
	defer server.Close()
	t.Setenv("TEAM_WEBHOOK_URL", server.URL+"/s3cr3t")
	b.write("webhook", "s3cr3t\n")
	b.listening("  - exec: [DIR/none, s3cr3t]\n  - webhook: { env: TEAM_WEBHOOK_URL }\n  - webhook: { env: NOT_SET }\n  - webhook: { file: webhook }\n" + toFile)
	r := b.expect(codeDone, "upgrade --to 3.0.3 --yes -v")
	for _, says := range []string{"notify: none: ", "notify: the webhook of $TEAM_WEBHOOK_URL: it answered 418", "should be in $NOT_SET, and there is none", "webhook holds no address of a webhook"} {
		if strings.Count(r.talk, says) != 1 {
			t.Errorf("%q is not said once in:\n%s", says, r.talk)
		}
	}
	if len(got) != 4 || strings.Contains(r.talk+r.out, "s3cr3t") {
		t.Errorf("%d were posted:\n%s", len(got), r.talk)
	}
	if _, whats := b.notices(); len(whats) != 4 {
		t.Errorf("the one that works was told %s", whats)
	}
	b.atRest(true)
}

// One that hangs costs a run no more than the few seconds of its last words.
func TestAListenerThatHangsCostsLittle(t *testing.T) {
	b := newBench(t, 2)
	b.listening("  - exec: [sh, -c, 'sleep 1000; true']\n")
	begun := time.Now()
	r := b.expect(codeDone, "upgrade --to 3.0.3 --yes")
	if took := time.Since(begun); took > lastWords+30*time.Second {
		t.Errorf("it took %s", took)
	}
	if strings.Count(r.talk, "notify: sh: ") != 1 {
		t.Errorf("said:\n%s", r.talk)
	}
}
