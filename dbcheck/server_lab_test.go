//go:build lab

package dbcheck

import (
	"cmp"
	"context"
	"database/sql"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

// server is a private server on loopback, with its own data directory. Its
// administrator is root, without a password on its socket.
type server struct {
	engine Engine
	tools  tools
	host   string // empty: 127.0.0.1
	port   int
	socket string
	cmd    *exec.Cmd
	admin  *sql.DB
}

// startServer fails the test where there is no mariadbd on PATH: whoever asks
// for the lab wants to know.
func startServer(t *testing.T, options ...string) *server {
	t.Helper()
	if *oracleRoot != "" {
		return startOracle(t, options...)
	}
	dir := t.TempDir()
	run(t, "mariadb-install-db", "--no-defaults", "--user=root", "--datadir="+filepath.Join(dir, "data"), "--skip-test-db",
		"--auth-root-authentication-method=normal")
	return serveMariaDB(t, dir, freePort(t), nil, options...)
}

// serveMariaDB runs a server over the data below a directory; before is what the command line begins with.
func serveMariaDB(t *testing.T, dir string, port int, before []string, options ...string) *server {
	t.Helper()
	// A mariadbd that starts removes what it finds of others' in a shared one.
	temp := filepath.Join(dir, "tmp")
	if err := os.MkdirAll(temp, 0o700); err != nil {
		t.Fatal(err)
	}
	s := &server{engine: MySQL, tools: mariadbTools{}, port: port, socket: filepath.Join(dir, "s")}
	args := slices.Concat(before, []string{"mariadbd", "--no-defaults", "--user=root", "--datadir=" + filepath.Join(dir, "data"), "--socket=" + s.socket,
		"--tmpdir=" + temp, "--bind-address=127.0.0.1", "--port=" + strconv.Itoa(s.port), "--skip-name-resolve",
		"--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M", "--pid-file=" + filepath.Join(dir, "pid")}, options)
	s.cmd = exec.Command(args[0], args[1:]...)
	s.run(t, filepath.Join(dir, "log"))
	return s
}

// run starts the server, for as long as the test takes, and waits until it answers.
func (s *server) run(t *testing.T, log string) {
	t.Helper()
	file, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	s.cmd.Stdout, s.cmd.Stderr = file, file
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	})
	admin, err := connect(t.Context(), dialHere, s.target("", "root", ""), false)
	for deadline := time.Now().Add(30 * time.Second); err != nil; admin, err = connect(t.Context(), dialHere, s.target("", "root", ""), false) {
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(log)
			t.Fatalf("the server does not answer: %v\n%s", err, text)
		}
		<-time.After(50 * time.Millisecond)
	}
	s.admin = admin.sql
	t.Cleanup(func() { _ = admin.Close() })
}

func (s *server) target(name, user, password string) Target {
	return Target{Engine: s.engine, Network: "unix", Addr: s.socket, Name: name, User: user, Password: Password(password)}
}

func (s *server) tcp(name, user, password string) Target {
	t := s.target(name, user, password)
	t.Network, t.Addr = "tcp", net.JoinHostPort(cmp.Or(s.host, "127.0.0.1"), strconv.Itoa(s.port))
	return t
}

// quote makes a name an identifier.
func (s *server) quote(name string) string { return dialects()[s.engine].quote(name) }

func (s *server) exec(t *testing.T, statements ...string) {
	t.Helper()
	for _, q := range statements {
		if _, err := s.admin.Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

// in runs statements in a database, as the administrator.
func (s *server) in(t *testing.T, database string, statements ...string) {
	t.Helper()
	db, err := connect(t.Context(), dialHere, s.target(database, "root", ""), false)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range statements {
		if _, err := db.sql.Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

func (s *server) open(t *testing.T, target Target) *DB {
	t.Helper()
	d, err := Open(t.Context(), dialHere, target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func dialHere(ctx context.Context, network, addr string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, network, addr)
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}
