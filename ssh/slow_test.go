package ssh_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kea-lockstep/lab/cable"
	"kea-lockstep/ssh"
)

// afar is an sshd at the other end of a cable.
type afar struct {
	cable  *cable.Cable
	log    *log
	config string
	here   *cable.Network
}

// farAway runs one at 10.9.0.2. Its aliases are k1, and k2 behind two jumps to it.
func farAway(t *testing.T, l cable.Line, settings ...string) *afar {
	t.Helper()
	if os.Getuid() != 0 || !exists("/dev/net/tun") {
		t.Skip("networks of their own take root and /dev/net/tun")
	}
	needs(t, "ip", "flock")
	sshd, me := sshdHere(t)
	dir := t.TempDir()
	for _, key := range []string{"host", "id"} {
		keygen(t, "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, key))
	}
	public, err := os.ReadFile(filepath.Join(dir, "host.pub"))
	if err != nil {
		t.Fatal(err)
	}
	a := &afar{here: cable.NewNetwork(t), config: writeFile(t, dir, "config", fmt.Sprintf("Host k2\n ProxyJump j2\nHost j2\n ProxyJump j1\n"+
		"Host *\n HostName 10.9.0.2\n User %s\n IdentityAgent none\n IdentityFile %s/id\n UserKnownHostsFile %s\n GlobalKnownHostsFile none\n",
		me.Username, dir, writeFile(t, dir, "known_hosts", "10.9.0.2 "+string(public))))}
	there := cable.NewNetwork(t)
	a.cable = cable.Lay(t, l, cable.Addressed(a.here, "10.9.0.1/24"), cable.Addressed(there, "10.9.0.2/24"))
	file := writeFile(t, dir, "sshd_config", fmt.Sprintf("ListenAddress 10.9.0.2:22\nHostKey %s/host\nAuthorizedKeysFile %s/id.pub\n"+
		"StrictModes no\nPidFile none\nUsePAM no\nPasswordAuthentication no\n%s\n", dir, dir, strings.Join(settings, "\n")))
	if err := there.Do(func() error { // it is started and asked from its own network
		a.log = startDaemon(t, exec.Command(sshd, "-D", "-e", "-f", file), "10.9.0.2:22")
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *afar) pool(t *testing.T, o ssh.Options) *ssh.Pool {
	t.Helper()
	o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		var conn net.Conn
		err := a.here.Do(func() (err error) {
			conn, err = (&net.Dialer{}).DialContext(ctx, network, address)
			return err
		})
		return conn, err
	}
	return agentless(t, o)
}

// logins is how many sshd let in.
func (a *afar) logins() int { return a.log.count("Accepted publickey") }

// TestASlowLinkIsNoDeadOne: 300 ms there and back and every twentieth packet lost each way, through two jumps.
func TestASlowLinkIsNoDeadOne(t *testing.T) {
	t.Parallel()
	a := farAway(t, cable.Line{Delay: 150 * time.Millisecond, Loss: 0.05})
	// A login is some ten packets one after the other: once in a while so many of them are lost that it takes more than the usual time.
	h := a.pool(t, ssh.Options{Timeout: 40 * time.Second}).Host(ssh.Login{Address: "k2", ConfigFile: a.config})
	began := time.Now()
	took := func(what string) {
		t.Logf("%s: %v", what, time.Since(began).Round(10*time.Millisecond))
		began = time.Now()
	}
	run := func(c ssh.Command) {
		t.Helper()
		if r, err := h.Run(within(t, 3*time.Minute), c); err != nil || r.Status != 0 {
			t.Errorf("%v, %+v", err, r)
		}
	}
	run(ssh.Command{Script: "true", Look: true})
	took("three logins and a look")
	for range 5 {
		run(ssh.Command{Script: "true", Look: true})
	}
	took("five looks")
	run(ssh.Command{Script: "sleep 15"}) // longer than a dead connection is given
	took("15 s of silence")
	file := filepath.Join(t.TempDir(), "file")
	if err := h.Put(within(t, 3*time.Minute), ssh.File{Path: file, Mode: 0o600, Content: make([]byte, 100<<10)}); err != nil {
		t.Error(err)
	}
	took("100 kB put")
	if _, err := h.Get(within(t, 3*time.Minute), file, 1<<20); err != nil {
		t.Error(err)
	}
	took("100 kB got")
	if n := a.logins(); n != 3 {
		t.Errorf("%d logins, want 3: a connection was given up\n%s", n, a.log)
	}
}

// TestANarrowLinkIsNoDeadOne: an answer that waits behind seconds of output shows life with every byte before it.
func TestANarrowLinkIsNoDeadOne(t *testing.T) {
	t.Parallel()
	a := farAway(t, cable.Line{Delay: 10 * time.Millisecond, Rate: 200 << 10})
	h := a.pool(t, ssh.Options{Keepalive: 700 * time.Millisecond}).Host(ssh.Login{Address: "k1", ConfigFile: a.config})
	r, err := h.Run(within(t, 2*time.Minute), ssh.Command{Script: "head -c 1200000 /dev/zero"})
	if err != nil || len(r.Stdout) != 1200000 {
		t.Errorf("%v, %d bytes", err, len(r.Stdout))
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := h.Put(within(t, 2*time.Minute), ssh.File{Path: file, Mode: 0o600, Content: make([]byte, 1200000)}); err != nil {
		t.Error(err)
	}
	if n := a.logins(); n != 1 {
		t.Errorf("%d logins, want 1: the connection was given up", n)
	}
}

// longestUnheard is how long a peer may be gone before it is noticed: a keepalive is sent every three seconds, and three times as
// long it may be unanswered; the rest is for a machine with much else to do.
const longestUnheard = 25 * time.Second

// TestAPeerThatVanishes is noticed while a script says nothing, alone and behind jump hosts, and a job is waited for until its host is back.
func TestAPeerThatVanishes(t *testing.T) {
	t.Parallel()
	a := farAway(t, cable.Line{Delay: time.Millisecond})
	p := a.pool(t, ssh.Options{})
	dir := t.TempDir()
	errs := make(chan error)
	for _, alias := range []string{"k1", "k2"} {
		go func() {
			h := p.Host(ssh.Login{Address: alias, ConfigFile: a.config})
			_, err := h.Run(within(t, time.Minute), ssh.Command{Script: `: >"$F"; sleep 600`, Params: []ssh.Param{{"F", filepath.Join(dir, alias)}}})
			errs <- err
		}()
	}
	job := filepath.Join(dir, "run", "step", "1")
	h := p.Host(ssh.Login{Address: "k2", ConfigFile: a.config})
	start(t, h, ssh.Job{Dir: job, Script: `until [ -e "$F" ]; do sleep 0.05; done; echo migrated`, Params: []ssh.Param{{"F", filepath.Join(dir, "go")}}})
	jobs := make(chan string)
	go func() {
		var said []string
		s, err := h.WaitJob(within(t, 2*time.Minute), job, func(line string) { said = append(said, line) })
		jobs <- fmt.Sprint(s.Phase == ssh.JobDone, err, said)
	}()
	for _, alias := range []string{"k1", "k2"} {
		eventually(t, alias, func() bool { return exists(filepath.Join(dir, alias)) })
	}
	a.cable.Cut()
	cut := time.Now()
	for range 2 {
		err := <-errs
		t.Logf("noticed after %v: %v", time.Since(cut).Round(10*time.Millisecond), err)
		if !errors.Is(err, ssh.ErrFateUnknown) || !strings.Contains(err.Error(), "connection lost") || time.Since(cut) > longestUnheard {
			t.Errorf("after %v: %v", time.Since(cut), err)
		}
	}
	writeFile(t, dir, "go", "")
	a.cable.Mend()
	if got := <-jobs; got != "true <nil> [migrated]" {
		t.Error(got)
	}
}
