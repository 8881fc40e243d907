package playbooks

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Connections of this test's own process, as a database that serves itself would have them.
func TestConnectionsHaveTheirHolders(t *testing.T) {
	h := newHost(t)
	for _, program := range []string{"ss", "awk"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed here: %v", program, err)
		}
	}
	name, err := os.ReadFile("/proc/self/comm")
	if err != nil {
		t.Skipf("processes have no names here: %v", err)
	}
	holder := fmt.Sprintf("%d\t%s\t", os.Getpid(), strings.TrimSpace(string(name)))
	port := connect(t, "tcp", "127.0.0.1:0").(*net.TCPAddr).Port
	connect(t, "unix", filepath.Join(t.TempDir(), ".s.PGSQL.5432"))
	connect(t, "unix", filepath.Join(t.TempDir(), "stdout")) // a log, say: no client of the database
	status, said := h.run("sockets", fmt.Sprint("ports=", port), fmt.Sprint("backends=1 ", os.Getpid()))
	over, unix, found := strings.Cut(said, "@backends\n")
	if status != 0 || !found || !strings.HasSuffix(said, "@end\n") {
		t.Fatalf("%d %s", status, said)
	}
	if !strings.Contains(over, fmt.Sprintf("@sockets\n%d\t%s", port, holder)) {
		t.Errorf("over TCP: %s, want %s", over, holder)
	}
	if strings.Count(unix, fmt.Sprintf("%d\t%s", os.Getpid(), holder)) != 1 {
		t.Errorf("over a unix socket: %s, want one %s", unix, holder)
	}
	if status, said := h.run("sockets", "ports=1", "backends="); status != 0 || said != "@sockets\n@backends\n@end\n" {
		t.Errorf("of nothing: %d %s", status, said)
	}
}

// TestConnectionsAreSeenInEveryNetwork: once in each, by a process that is still there.
func TestConnectionsAreSeenInEveryNetwork(t *testing.T) {
	h := newHost(t)
	h.program("stat", `printf '1 /proc/self/ns/net\n1 /proc/1/ns/net\n7 /proc/40/ns/net\n1 /proc/41/ns/net\n7 /proc/42/ns/net\n7 /proc/43/ns/net\n'`)
	h.program("ss", `echo "ESTAB 0 0 192.0.2.1:${port-40000} 192.0.2.5:3306 users:((\"kea-dhcp4\",pid=1,fd=9))"`)
	h.program("nsenter", `[ "$*" != "--target 40 --net ss -tnpH" ] || exit 1 # it has ended
[ "$*" = "--target 42 --net ss -tnpH" ] || exec echo "asked for $*"
shift 3
port=40001 exec "$@"`)
	status, said := h.run("sockets", "ports=40000 40001", "backends=")
	if want := "@sockets\n40000\t1\tkea-dhcp4\t"; status != 0 || !strings.HasPrefix(said, want) ||
		strings.Count(said, "40001\t1\tkea-dhcp4\t") != 1 || strings.Count(said, "\n") != 5 {
		t.Errorf("status %d\n%s", status, said)
	}
}

// connect makes a connection that stays, and gives the client's end.
func connect(t *testing.T, network, address string) net.Addr {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	client, err := net.Dial(network, l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, one := range []interface{ Close() error }{client, server, l} {
			_ = one.Close()
		}
	})
	return client.LocalAddr()
}
