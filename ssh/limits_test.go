package ssh_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kea-lockstep/ssh"
)

// TestAnSSHDOfFewSessions: as many scripts at once as we like, as both accounts and with shells that are kept, take turns where
// sshd allows fewer sessions.
func TestAnSSHDOfFewSessions(t *testing.T) {
	t.Parallel()
	for _, most := range []int{1, 2, 10} {
		t.Run(fmt.Sprint(most), func(t *testing.T) {
			t.Parallel()
			config, uid, said := openSSHTold(t, fmt.Sprint("MaxSessions ", most), "LogLevel VERBOSE")
			h := agentless(t, ssh.Options{}).Host(ssh.Login{Address: "k1", ConfigFile: config})
			errs := make(chan error)
			const scripts = 14
			for i := range scripts {
				go func() {
					_, err := h.Run(within(t, 2*time.Minute), ssh.Command{Script: "sleep 0.2", Look: i%3 == 0, Root: uid == "0" && i%2 == 0})
					errs <- err
				}()
			}
			for range scripts {
				if err := <-errs; err != nil {
					t.Error(err)
				}
			}
			if n := said.count("Accepted publickey"); n != 1 {
				t.Errorf("%d logins, want 1", n)
			}
		})
	}
}

// TestAShellThatIsKeptStandsInNobodysWay: a script that sshd refuses while a look runs gets the look's session once that has ended,
// though its shell is kept.
func TestAShellThatIsKeptStandsInNobodysWay(t *testing.T) {
	t.Parallel()
	config, _, _ := openSSHTold(t, "MaxSessions 1")
	h := agentless(t, ssh.Options{}).Host(ssh.Login{Address: "k1", ConfigFile: config})
	began := filepath.Join(t.TempDir(), "began")
	looked := make(chan error)
	go func() {
		_, err := h.Run(within(t, time.Minute), ssh.Command{Script: "touch '" + began + "'; sleep 1", Look: true})
		looked <- err
	}()
	eventually(t, "the look begins", func() bool { _, err := os.Stat(began); return err == nil })
	if _, err := h.Run(within(t, time.Minute), ssh.Command{Script: "true"}); err != nil {
		t.Error(err)
	}
	if err := <-looked; err != nil {
		t.Error(err)
	}
}

// TestABastionThatDropsLogins at random, because others log in at the same time, is asked again until it lets us in.
func TestABastionThatDropsLogins(t *testing.T) {
	config, _, said := openSSHTold(t, "MaxStartups 1:60:100", "LogLevel DEBUG1")
	errs := make(chan error)
	const drivers = 8
	for range drivers { // each with connections of its own
		go func() {
			p := ssh.NewPool(ssh.Options{Timeout: 40 * time.Second})
			defer p.Close()
			_, err := p.Host(ssh.Login{Address: "k1", ConfigFile: config}).Run(within(t, time.Minute), ssh.Command{Script: "true"})
			errs <- err
		}()
	}
	for range drivers {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d logins were dropped", said.count("drop connection"))
}

// TestABastionThatDropsEveryLogin: it is asked again for as long as a login may take, ever more slowly, and the error says so.
func TestABastionThatDropsEveryLogin(t *testing.T) {
	config, _, said := openSSHTold(t, "MaxStartups 1:100:1", "LogLevel DEBUG1")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), " Port ")
	port, _, _ := strings.Cut(rest, "\n")
	eventually(t, "another login, which begins and takes its time", func() bool {
		other, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { other.Close() })
		greeting := make([]byte, 4)
		n, _ := other.Read(greeting)
		return string(greeting[:n]) == "SSH-"
	})
	before := said.count("past MaxStartups")
	_, err = pool(t, ssh.Options{Timeout: 4 * time.Second}).Host(ssh.Login{Address: "k2", ConfigFile: config}).Run(within(t, time.Minute), ssh.Command{Script: "true"})
	if !errors.Is(err, ssh.ErrUnreachable) || !strings.Contains(err.Error(), "jump host j1: ") || !strings.Contains(err.Error(), "turned away ") || !strings.Contains(err.Error(), " times in 4s") {
		t.Errorf("%v", err)
	}
	if n := said.count("past MaxStartups") - before; n < 2 || n > 8 {
		t.Errorf("it was asked %d times in 4 s", n)
	}
}

// TestAnSSHDThatEndsIdleSessions and asks for a sign of life each second: shells that are kept are made anew, and a job's
// silence ends nothing.
func TestAnSSHDThatEndsIdleSessions(t *testing.T) {
	t.Parallel()
	config, uid := openSSH(t, "ChannelTimeout session:*=6s", "ClientAliveInterval 1", "ClientAliveCountMax 1")
	h := agentless(t, ssh.Options{}).Host(ssh.Login{Address: "k1", ConfigFile: config})
	for range 2 {
		if _, err := h.Run(within(t, time.Minute), ssh.Command{Script: "true", Look: true}); err != nil {
			t.Error(err)
		}
		<-time.After(9 * time.Second) // sshd's idle time passes
	}
	if uid != "0" {
		t.Skip("jobs are root's")
	}
	dir := filepath.Join(t.TempDir(), "run", "step", "1")
	start(t, h, ssh.Job{Dir: dir, Script: "sleep 14; echo done; exit 3"})
	var lines []string
	s, err := h.WaitJob(within(t, time.Minute), dir, func(l string) { lines = append(lines, l) })
	if err != nil || s.Status != 3 || strings.Join(lines, "|") != "done" {
		t.Errorf("%v, %+v, %q", err, s, lines)
	}
}
