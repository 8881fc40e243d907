package ssh

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestProgramsHaveTheirNamesOnFreeBSD: what scripts call there is what its packages install, and the boot has the number that its kernel gives.
func TestProgramsHaveTheirNamesOnFreeBSD(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil { //nolint:gosec // a program
			t.Fatal(err)
		}
	}
	put("freebsd-version", "")
	for _, program := range []string{"gbase64", "gdate", "gstat", "gsync", "daemon"} {
		put(program, `echo "`+program+` $*"`)
	}
	script := strings.NewReplacer("/bin/freebsd-version", dir+"/freebsd-version", "/proc/", dir+"/proc/").Replace(systemSh) +
		"base64 -w 0 x\ndate +%s.%N\nstat -c %Y x\nsync x\nsetsid /bin/sh y\nkl_booted\necho \"$boot\"\n"
	for said, boot := range map[string]string{
		"echo Format: Length:16 Dump:0x4c8609698ad1a11cdc00cf6eb7d954e1": "4c8609698ad1a11cdc00cf6eb7d954e1",
		"echo \"sysctl: unknown oid 'kern.boot_id'\" >&2; exit 1":        "unknown",
	} {
		put("sysctl", said)
		cmd := exec.Command("sh", "-eu", "-c", script)
		cmd.Env = []string{"PATH=" + dir + ":/usr/bin:/bin"}
		out, err := cmd.Output()
		if want := "gbase64 -w 0 x\ngdate +%s.%N\ngstat -c %Y x\ngsync x\ndaemon -f /bin/sh y\n" + boot + "\n"; err != nil || string(out) != want {
			t.Errorf("%v: it said\n%swant\n%s", err, out, want)
		}
	}
	if err := os.Remove(filepath.Join(dir, "freebsd-version")); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("sh", "-eu", "-c", script[:strings.Index(script, "base64 -w 0 x")]+"kl_booted\necho \"$boot\"\ncommand -v sync\n").Output()
	if err != nil || !strings.HasPrefix(string(out), "unknown\n/") {
		t.Errorf("elsewhere: %v %s", err, out)
	}
}
