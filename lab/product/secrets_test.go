//go:build lab

package product

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kea-lockstep/lab"
)

// puts makes a process as /proc shows it.
func puts(t *testing.T, proc string, pid, parent int, name string, args ...string) {
	t.Helper()
	dir := filepath.Join(proc, fmt.Sprint(pid))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{
		"stat":    fmt.Sprintf("%d (%s) S %d 1 1 0 -1 4194304\n", pid, name, parent),
		"cmdline": strings.Join(args, "\x00") + "\x00",
	} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSamplerExcusesKeaAdminOnly: what kea-admin starts may have the password as an argument; the same client started by anybody else,
// and kea-admin itself, may not.
func TestSamplerExcusesKeaAdminOnly(t *testing.T) {
	proc, secret := t.TempDir(), "--password="+lab.KeaPassword
	puts(t, proc, 1, 0, "systemd", "/sbin/init")
	puts(t, proc, 20, 1, "sh", "/bin/sh", "/var/lib/kea-lockstep/runs/r/jobs/migrate-k1-db1/1/runner", "dir")
	puts(t, proc, 21, 20, "kea-admin", "/bin/sh", "/usr/sbin/kea-admin", "db-upgrade", "mysql")
	puts(t, proc, 22, 21, "mariadb", "mariadb", "--user=kea", secret)
	puts(t, proc, 23, 21, "upgrade_022.2_t", "/bin/sh", "/tmp/mysql/upgrade_022.2_to_023.0.sh", secret)
	puts(t, proc, 24, 23, "a (strange) 7", "mysql", secret)
	puts(t, proc, 30, 20, "mariadb", "mariadb", "ours", secret)
	puts(t, proc, 31, 1, "sh", "/bin/sh", "/tmp/upgrade_everything.sh", secret)
	puts(t, proc, 32, 20, "sh", "/bin/sh", "-c", "kea-admin is only named", secret)
	puts(t, proc, 33, 32, "mysql", "mysql", "below one that names it", secret)
	puts(t, proc, 40, 20, "kea-admin", "/bin/sh", "/usr/sbin/kea-admin", "-p", lab.KeaPassword)
	puts(t, proc, 50, 49, "mariadb", "mariadb", "whose parent cannot be seen", secret)
	puts(t, proc, 60, 20, "sh", "/bin/sh", "/usr/sbin/kea-admin", "db-version", "mysql")
	puts(t, proc, 61, 60, "mysql", "mysql", "by kea-admin of another name", secret)
	s := &Sampler{proc: proc}
	s.look()
	s.look()
	var found []string
	for _, line := range s.found {
		found = append(found, strings.TrimSpace(line))
	}
	slices.Sort(found)
	want := []string{
		"/bin/sh -c kea-admin is only named " + secret,
		"/bin/sh /tmp/upgrade_everything.sh " + secret,
		"/bin/sh /usr/sbin/kea-admin -p " + lab.KeaPassword,
		"mariadb ours " + secret,
		"mysql below one that names it " + secret,
	}
	if !slices.Equal(found, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(found, "\n"), strings.Join(want, "\n"))
	}
	if _, err := belowKeaAdmin(proc, 99); err == nil {
		t.Error("of a process that has ended it was told who started it")
	}
}

// TestRealProcessesAreRead: this process was not started by kea-admin, and its parents can be read up to the first.
func TestRealProcessesAreRead(t *testing.T) {
	if below, err := belowKeaAdmin("/proc", os.Getpid()); below || err != nil {
		t.Errorf("%v, %v", below, err)
	}
}

// TestSearchInside: a search that does not find what is there is no search, the operator's own files are no leaks, and every other file
// and every line of the journal is one.
func TestSearchInside(t *testing.T) {
	own := today + "\n/var/lib/kea-lockstep/runs/r/kept/etc/kea/kea-dhcp4.conf\n"
	for _, c := range []struct {
		name, files, journal string
		leaks                []string
		fails                bool
	}{
		{name: "nothing", files: own, journal: "812\n"},
		{name: "a file", files: own + "/run/secret\n", journal: "812\n", leaks: []string{"/run/secret"}},
		{name: "a line", files: own, journal: "812\nMESSAGE=secret\n", leaks: []string{"in the journal: MESSAGE=secret"}},
		{name: "a blind search", files: "", journal: "812\n", fails: true},
		{name: "an empty journal", files: own, journal: "0\n", fails: true},
	} {
		leaks, err := inside(c.files, c.journal)
		if !slices.Equal(leaks, c.leaks) || (err != nil) != c.fails {
			t.Errorf("%s: %q, %v", c.name, leaks, err)
		}
	}
}
