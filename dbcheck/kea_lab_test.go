//go:build lab

package dbcheck

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// kea is one release's kea-admin, made to run from where it was unpacked.
type kea struct{ root string }

// newKea copies the package's files and points them at the copy: they name
// their own prefix. testdata/fetch-kea.sh gets the packages where they are not
// there yet.
func newKea(t *testing.T, version string) kea {
	t.Helper()
	dir := cmp.Or(os.Getenv("KEA_LOCKSTEP_KEA_ADMIN"), "/var/cache/kea-lockstep-lab/kea-admin")
	from, to := filepath.Join(dir, version, "usr"), t.TempDir()
	if _, err := os.Stat(from); err != nil {
		run(t, "testdata/fetch-kea.sh", dir, version)
	}
	for _, part := range []string{"sbin", "share/kea/scripts"} {
		err := filepath.WalkDir(filepath.Join(from, part), func(path string, e fs.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			rel, _ := filepath.Rel(from, path)
			into := filepath.Join(to, rel)
			_ = os.MkdirAll(filepath.Dir(into), 0o755)
			text = bytes.ReplaceAll(text, []byte("prefix=\"/usr\""), []byte("prefix=\""+to+"\""))
			return os.WriteFile(into, text, 0o755)
		})
		if err != nil {
			t.Fatalf("copying kea-admin %s: %v", version, err)
		}
	}
	return kea{to}
}

// admin is kea-admin itself, not yet started.
func (k kea) admin(s *server, command, database string) *exec.Cmd {
	args := []string{filepath.Join(k.root, "sbin/kea-admin"), command, s.tools.scripts(), "-u", "root", "-n", database}
	cmd := exec.Command("sh", append(args, s.tools.adminArgs(s)...)...)
	cmd.Env = append(os.Environ(), fmt.Sprintf("PGPORT=%d", s.port)) // before 2.7.2 it forgets the port
	return cmd
}

func (k kea) init(t *testing.T, s *server, database string) {
	t.Helper()
	s.exec(t, "CREATE DATABASE "+s.quote(database))
	if out, err := k.admin(s, "db-init", database).CombinedOutput(); err != nil {
		t.Fatalf("db-init: %v\n%s", err, out)
	}
}

// step is the script that moves a version on; empty after the last one.
func (k kea) step(t *testing.T, s *server, v Version) string {
	t.Helper()
	scripts := filepath.Join(k.root, "share/kea/scripts", s.tools.scripts())
	for _, from := range []string{fmt.Sprintf("%03d.%d", v.Major, v.Minor), fmt.Sprintf("%03d", v.Major)} {
		if found, _ := filepath.Glob(filepath.Join(scripts, "upgrade_"+from+"_to_*.sh")); len(found) == 1 {
			return found[0]
		}
	}
	return ""
}

// last is the version that its scripts lead to.
func (k kea) last(t *testing.T, s *server) (v Version) {
	t.Helper()
	all, _ := filepath.Glob(filepath.Join(k.root, "share/kea/scripts", s.tools.scripts(), "upgrade_*_to_*.sh"))
	if len(all) == 0 {
		t.Fatal("kea-admin has no scripts")
	}
	_, to, _ := strings.Cut(filepath.Base(all[len(all)-1]), "_to_")
	if n, err := fmt.Sscanf(strings.TrimSuffix(to, ".sh"), "%d.%d", &v.Major, &v.Minor); n == 0 {
		t.Fatal(err)
	}
	return v
}

// try runs one script as kea-admin does.
func (k kea) try(script string, s *server, socket, database string) error {
	out, err := exec.Command("sh", append([]string{script}, s.tools.scriptArgs(socket, database)...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}
