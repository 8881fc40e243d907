//go:build lab

package dbcheck

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// startPostgreSQL starts a private server on loopback, with its own data
// directory, as a user who is not root: PostgreSQL refuses that one.
func startPostgreSQL(t *testing.T, settings ...string) *server {
	t.Helper()
	home := postgresHome(t)
	out, err := postgresCommand(t, home, "initdb", "-D", "data", "--username=root", "--encoding=UTF8", "--locale=C", "--no-sync",
		"--auth-local=trust", "--auth-host=scram-sha-256").CombinedOutput()
	if err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	return servePostgreSQL(t, home, settings...)
}

// servePostgreSQL runs a server over the data below a directory.
func servePostgreSQL(t *testing.T, home string, settings ...string) *server {
	t.Helper()
	port := freePort(t)
	s := &server{engine: PostgreSQL, tools: postgresqlTools{}, port: port, socket: filepath.Join(home, ".s.PGSQL."+strconv.Itoa(port))}
	args := []string{"-D", "data"}
	for _, setting := range append([]string{"port=" + strconv.Itoa(port), "listen_addresses=127.0.0.1", "unix_socket_directories=" + home,
		"fsync=off", "shared_buffers=32MB", "max_wal_size=256MB"}, settings...) {
		args = append(args, "-c", setting)
	}
	s.cmd = postgresCommand(t, home, "postgres", args...)
	s.run(t, filepath.Join(t.TempDir(), "log"))
	return s
}

// standby starts another server over a copy of the data, which follows the first.
func (s *server) standby(t *testing.T) *server {
	t.Helper()
	home := postgresHome(t)
	out, err := postgresCommand(t, home, "pg_basebackup", "-D", "data", "-h", filepath.Dir(s.socket), "-p", strconv.Itoa(s.port), "-U", "root",
		"-c", "fast", "--write-recovery-conf", "--no-sync").CombinedOutput()
	if err != nil {
		t.Fatalf("pg_basebackup: %v\n%s", err, out)
	}
	return servePostgreSQL(t, home)
}

// postgresHome makes a directory that belongs to the server's user.
func postgresHome(t *testing.T) string {
	t.Helper()
	dir, as := t.TempDir(), postgresUser(t)
	for _, path := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(path, 0o711); err != nil {
			t.Fatal(err)
		}
	}
	home := filepath.Join(dir, "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(home, int(as.Uid), int(as.Gid)); err != nil {
		t.Fatal(err)
	}
	return home
}

// postgresCommand is one of the server's programs, to run as its user.
func postgresCommand(t *testing.T, home, name string, args ...string) *exec.Cmd {
	t.Helper()
	programs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	if len(programs) == 0 {
		t.Fatal("no PostgreSQL server on this machine")
	}
	cmd := exec.Command(filepath.Join(programs[len(programs)-1], name), args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: postgresUser(t)}
	cmd.Dir = home
	return cmd
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func postgresUser(t *testing.T) *syscall.Credential {
	t.Helper()
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.ParseUint(u.Uid, 10, 32)
	gid, _ := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}
