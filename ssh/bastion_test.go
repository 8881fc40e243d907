package ssh_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"kea-lockstep/ssh"
	"kea-lockstep/ssh/sshtest"
)

// TestHundredsOfServersBehindOneBastion: an sshd as it is installed (MaxStartups 10:30:100, MaxSessions 10) is logged in to
// once for all of them, and once more after it was lost.
func TestHundredsOfServersBehindOneBastion(t *testing.T) {
	const servers = 300
	config, _, said := openSSHTold(t, "LogLevel VERBOSE")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(strings.TrimSuffix(config, "config") + "id.pub")
	if err != nil {
		t.Fatal(err)
	}
	var hosts, known strings.Builder
	all := make([]*sshtest.Server, servers)
	for i := range all {
		all[i] = sshtest.Start(t, sshtest.Options{Login: key})
		_, port, _ := net.SplitHostPort(all[i].Addr)
		fmt.Fprintf(&hosts, "Host m%d\n Port %s\n User root\n ProxyJump k1\n", i, port)
		line, err := os.ReadFile(all[i].KnownHosts)
		if err != nil {
			t.Fatal(err)
		}
		known.Write(line)
	}
	file := writeFile(t, t.TempDir(), "config", hosts.String()+strings.Replace(string(text), " UserKnownHostsFile ",
		" UserKnownHostsFile "+writeFile(t, t.TempDir(), "known_hosts", known.String())+" ", 1))
	there := echo(t, "tcp", "127.0.0.1:0").Addr().String()
	p := pool(t, ssh.Options{Timeout: time.Minute})
	hostsOf := make([]*ssh.Host, servers)
	for i := range hostsOf {
		hostsOf[i] = p.Host(ssh.Login{Address: fmt.Sprint("m", i), ConfigFile: file})
	}
	for times := 1; times <= 2; times++ {
		began := time.Now()
		errs := make(chan error)
		for _, h := range hostsOf {
			go func() {
				c, err := h.Dial(within(t, 5*time.Minute), "tcp", there)
				if err == nil {
					err = c.Close()
				}
				errs <- err
			}()
		}
		for range hostsOf {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		t.Logf("%d servers in %v", servers, time.Since(began).Round(time.Millisecond))
		if n := said.count("Accepted publickey"); n != times {
			t.Errorf("%d logins to the bastion, want %d", n, times)
		}
		if n := said.count("MaxStartups") + said.count("no more sessions"); n > 0 {
			t.Errorf("the bastion turned somebody away:\n%s", said)
		}
		for i, s := range all {
			if n := s.Logins.Load(); n != int64(times) {
				t.Errorf("server %d: %d logins, want %d", i, n, times)
			}
		}
		if out, err := exec.Command("pkill", "-KILL", "-P", fmt.Sprint(said.pid)).CombinedOutput(); times == 1 && err != nil {
			t.Fatalf("ending the connection: %v: %s", err, out)
		}
		eventually(t, "every connection to end", func() bool {
			for _, s := range all {
				if s.Connections() > 0 {
					return false
				}
			}
			return true
		})
	}
}
