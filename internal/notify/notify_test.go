package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// listener is one that does as it is told.
type listener struct {
	send func(ctx context.Context, n int) error
	mu   sync.Mutex
	got  []Notice
}

func (l *listener) Name() string { return "the test" }

func (l *listener) Send(ctx context.Context, text []byte) error {
	var n Notice
	if err := json.Unmarshal(text, &n); err != nil {
		return err
	}
	l.mu.Lock()
	l.got = append(l.got, n)
	count := len(l.got)
	l.mu.Unlock()
	if l.send == nil {
		return nil
	}
	return l.send(ctx, count)
}

// saying collects what is said of listeners.
type saying struct {
	mu   sync.Mutex
	said []string
}

func (s *saying) say(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said = append(s.said, text)
}

func hanging(ctx context.Context, _ int) error {
	<-ctx.Done()
	return ctx.Err()
}

// One that hangs is given up after its time, said once, and holds up neither who tells nor the others.
func TestAListenerThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s saying
		hangs, hears := &listener{send: hanging}, &listener{}
		n := New([]Listener{hangs, hears}, s.say)
		begun := time.Now()
		for range 3 {
			n.Tell(Notice{What: Stop})
		}
		synctest.Wait()
		if len(hears.got) != 3 || time.Since(begun) != 0 {
			t.Errorf("the other one got %d after %s", len(hears.got), time.Since(begun))
		}
		n.Close(context.Background())
		if took := time.Since(begun); took != 3*Patience || len(hangs.got) != 3 {
			t.Errorf("%d tries took %s", len(hangs.got), took)
		}
		if len(s.said) != 1 || !strings.Contains(s.said[0], "the test: it took longer than 10s") {
			t.Errorf("said: %q", s.said)
		}
	})
}

// The end waits no longer than it is given.
func TestTheEndIsShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s saying
		hangs := &listener{send: hanging}
		n := New([]Listener{hangs}, s.say)
		n.Tell(Notice{What: Failure})
		n.Tell(Notice{What: End})
		begun := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		n.Close(ctx)
		if took := time.Since(begun); took != time.Second || len(hangs.got) != 1 {
			t.Errorf("%d tries took %s", len(hangs.got), took)
		}
		if len(s.said) != 1 || !strings.Contains(s.said[0], "had to end") {
			t.Errorf("said: %q", s.said)
		}
		n.Tell(Notice{What: End}) // too late, and harmless
	})
}

// Of a flood the end arrives, and that something was lost is said once.
func TestAFloodLosesTheOldest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s saying
		slow := &listener{send: func(ctx context.Context, _ int) error {
			select {
			case <-time.After(time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}}
		n := New([]Listener{slow}, s.say)
		begun := time.Now()
		for i := range 10_000 {
			n.Tell(Notice{What: Stop, Group: strconv.Itoa(i)})
		}
		n.Tell(Notice{What: End})
		if time.Since(begun) != 0 {
			t.Errorf("telling took %s", time.Since(begun))
		}
		n.Close(context.Background())
		if len(slow.got) > Waiting+1 || slow.got[len(slow.got)-1].What != End {
			t.Errorf("%d arrived, the last %+v", len(slow.got), slow.got[len(slow.got)-1])
		}
		if len(s.said) != 1 || !strings.Contains(s.said[0], "some of it is lost") {
			t.Errorf("said: %q", s.said)
		}
	})
}

func TestAListenerThatFailsIsNamedOnce(t *testing.T) {
	var s saying
	bad := &listener{send: func(context.Context, int) error { return errors.New("out of paper") }}
	n := New([]Listener{bad}, s.say)
	for range 3 {
		n.Tell(Notice{What: Stop})
	}
	n.Close(t.Context())
	if len(bad.got) != 3 || len(s.said) != 1 || !strings.Contains(s.said[0], "notify: the test: out of paper") {
		t.Errorf("%d tries, said %q", len(bad.got), s.said)
	}
}

func script(t *testing.T, text string) (Command, string) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "tell")
	if err := os.WriteFile(path, []byte("#!/bin/sh\ncd "+dir+"\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	return Command{Argv: []string{path, "secret-argument"}}, dir
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestACommandGetsTheNoticeOnStdin(t *testing.T) {
	c, dir := script(t, "cat >got\nsleep 3 & \n") // what it leaves behind goes on, and keeps nobody
	text, err := json.Marshal(Notice{What: Stop, Run: "r1", Text: "a 'b' $(c)\n"})
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if err := c.Send(t.Context(), text); err != nil || time.Since(begun) > Patience {
		t.Errorf("%v after %s", err, time.Since(begun))
	}
	var got struct {
		Format string
		Notice
	}
	if err := json.Unmarshal([]byte(read(t, filepath.Join(dir, "got"))), &got); err != nil || got.Format != "kea-lockstep.notice/1" || got.Notice.Text != "a 'b' $(c)\n" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestACommandThatFails(t *testing.T) {
	c, _ := script(t, "echo first >&2; echo no such team >&2; exit 3\n")
	err := c.Send(t.Context(), []byte("{}"))
	if err == nil || err.Error() != "exit status 3: no such team" || c.Name() != "tell" {
		t.Errorf("%s: %v", c.Name(), err)
	}
	c, _ = script(t, "exec 0<&-\nexit 0\n") // it reads nothing
	if err := c.Send(t.Context(), []byte(strings.Repeat("x", 1<<20))); err != nil && !errors.Is(err, syscall.EPIPE) {
		t.Errorf("one that does not read: %v", err)
	}
	if err := (Command{Argv: []string{"/no/such/command", "hunter2"}}).Send(t.Context(), []byte("{}")); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
}

// At its deadline a command is killed with everything that it started.
func TestACommandThatHangsIsKilledWithItsChildren(t *testing.T) {
	c, dir := script(t, "trap '' TERM INT HUP\nsleep 1000 & echo $! >child\necho $$ >parent\nmv parent ready\nwait\n")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Send(ctx, []byte("{}")) }()
	ready := filepath.Join(dir, "ready")
	until(t, "it hangs", func() bool { _, err := os.Stat(ready); return err == nil })
	cancel()
	if err := <-ended; err == nil {
		t.Error("it ended well")
	}
	for _, name := range []string{"ready", "child"} {
		pid, err := strconv.Atoi(strings.TrimSpace(read(t, filepath.Join(dir, name))))
		if err != nil {
			t.Fatal(err)
		}
		until(t, fmt.Sprintf("process %d (%s) is gone", pid, name), func() bool { return gone(pid) })
	}
}

// gone reports whether a process runs no more; one that nobody has waited for yet runs no more either.
func gone(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(text), ") Z ")
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.After(time.Minute); !is(); {
		select {
		case <-deadline:
			t.Fatalf("it is not so that %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// webhook posts to a server of the test's own, at a secret path.
func webhook(t *testing.T, handle http.HandlerFunc) (Webhook, *httptest.Server) {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	w, err := NewWebhook("$TEAM", server.URL+"/hooks/s3cr3t?key=s3cr3t\n")
	if err != nil {
		t.Fatal(err)
	}
	return w, server
}

func TestAWebhookGetsTheNoticeAsBody(t *testing.T) {
	got := make(chan Notice, 1)
	w, _ := webhook(t, func(out http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hooks/s3cr3t" {
			http.Redirect(out, r, "/moved", http.StatusTemporaryRedirect)
			return
		}
		var n Notice
		if err := json.NewDecoder(r.Body).Decode(&n); err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
			out.WriteHeader(http.StatusBadRequest)
			return
		}
		got <- n
		out.WriteHeader(http.StatusAccepted)
	})
	text, err := json.Marshal(Notice{What: Return, Run: "r1"})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Send(t.Context(), text); err != nil {
		t.Fatal(err)
	}
	if n := <-got; n.What != Return || n.Run != "r1" {
		t.Errorf("%+v", n)
	}
}

// Whatever goes wrong with a webhook, its address is not shown.
func TestAWebhookThatFails(t *testing.T) {
	answers, _ := webhook(t, func(out http.ResponseWriter, _ *http.Request) { http.Error(out, "s3cr3t", http.StatusNotFound) })
	loops, _ := webhook(t, func(out http.ResponseWriter, r *http.Request) {
		http.Redirect(out, r, r.URL.String(), http.StatusTemporaryRedirect)
	})
	down, server := webhook(t, nil)
	server.Close()
	strange := httptest.NewTLSServer(nil) // nobody vouches for its certificate
	defer strange.Close()
	unknown, err := NewWebhook("$TEAM", strange.URL+"/s3cr3t")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		w    Webhook
		says string
	}{{answers, "404"}, {loops, "redirects"}, {down, "refused"}, {unknown, "certificate"}} {
		err := c.w.Send(t.Context(), []byte("{}"))
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "s3cr3t") || strings.Contains(err.Error(), c.w.at.Host) {
			t.Errorf("want %q: %v", c.says, err)
		}
		if c.w.Name() != "the webhook of $TEAM" {
			t.Error(c.w.Name())
		}
	}
	held := make(chan struct{})
	slow, _ := webhook(t, func(http.ResponseWriter, *http.Request) { <-held })
	defer close(held)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := slow.Send(ctx, []byte("{}")); err == nil || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("one that hangs: %v", err)
	}
	for _, address := range []string{"", "s3cr3t", "ftp://s3cr3t/x", "https:///s3cr3t", "https://s3cr3t:x:y/", "http://%s3cr3t"} {
		if _, err := NewWebhook("$TEAM", address); err == nil || strings.Contains(err.Error(), "s3cr3t") || !strings.Contains(err.Error(), "$TEAM") {
			t.Errorf("%q: %v", address, err)
		}
	}
}
