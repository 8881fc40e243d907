//go:build lab

package dbcheck

import (
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// both runs a test with a server of each kind.
func both(t *testing.T, test func(t *testing.T, s *server)) {
	t.Run("mysql", func(t *testing.T) { test(t, startServer(t)) })
	t.Run("postgresql", func(t *testing.T) { test(t, startPostgreSQL(t)) })
}

// tools are the words and programs of one kind of server.
type tools interface {
	scripts() string                             // Kea's name for it
	adminArgs(s *server) []string                // what kea-admin needs to reach it
	scriptArgs(socket, database string) []string // what kea-admin gives its scripts
	shell(s *server, database string) *exec.Cmd  // reads SQL
	dump(s *server, database string) *exec.Cmd
	saved(t *testing.T, s *server, database string) (again func(name string))
	// message reads what a client sends, and the statement in it if there is one.
	message(in io.Reader, first bool) (whole []byte, statement string, err error)
	account(user, database string) []string               // makes one with the password pw that may do all in the database
	clone(t *testing.T, s *server, made []string) *server // another server that says it is the first, and has what was made there
	product() string
	kill(id uint64) string
	sleep() string
	level(table string) []string // sets the times of modification of a table to one
}

type mariadbTools struct{}

func (mariadbTools) scripts() string { return "mysql" }

func (mariadbTools) adminArgs(s *server) []string {
	return []string{"-x", "--socket=" + s.socket, "-x", "--password="}
}

func (mariadbTools) scriptArgs(socket, database string) []string {
	return []string{"--socket=" + socket, "--user=root", "--password=", database}
}

func (m mariadbTools) shell(s *server, database string) *exec.Cmd {
	return exec.Command("mariadb", m.scriptArgs(s.socket, database)...)
}

func (m mariadbTools) dump(s *server, database string) *exec.Cmd {
	return exec.Command("mariadb-dump", append([]string{"--routines", "--triggers", "--events"}, m.scriptArgs(s.socket, database)...)...)
}

func (mariadbTools) saved(t *testing.T, s *server, database string) func(string) {
	t.Helper()
	dump := s.dump(t, database)
	return func(name string) { s.restore(t, name, dump) }
}

func (mariadbTools) account(user, database string) []string {
	return []string{fmt.Sprintf("CREATE USER %s@'%%' IDENTIFIED BY 'pw'", user), fmt.Sprintf("GRANT ALL ON `%s`.* TO %s@'%%'", database, user)}
}

func (mariadbTools) product() string { return "MariaDB" }

func (mariadbTools) kill(id uint64) string { return "KILL CONNECTION " + strconv.FormatUint(id, 10) }

func (mariadbTools) sleep() string { return "SELECT SLEEP(3600)" }

// On MariaDB an UPDATE moves the times by itself.
func (mariadbTools) level(table string) []string {
	return []string{"SET @disable_audit = 1", "UPDATE `" + table + "` SET modification_ts = '2026-01-01 00:00:00'"}
}

type postgresqlTools struct{}

func (postgresqlTools) scripts() string { return "pgsql" }

func (postgresqlTools) adminArgs(s *server) []string {
	return []string{"-h", filepath.Dir(s.socket), "-P", strconv.Itoa(s.port)}
}

// The port is in the socket's name.
func (postgresqlTools) scriptArgs(socket, database string) []string {
	return []string{"--set", "ON_ERROR_STOP=1", "-A", "-t", "-h", filepath.Dir(socket), "--port=" + filepath.Ext(socket)[1:], "-q", "-U", "root", "-d", database}
}

func (p postgresqlTools) shell(s *server, database string) *exec.Cmd {
	return exec.Command("psql", append(p.scriptArgs(s.socket, database), "-X")...)
}

func (postgresqlTools) dump(s *server, database string) *exec.Cmd {
	return exec.Command("pg_dump", "-h", filepath.Dir(s.socket), "-p", strconv.Itoa(s.port), "-U", "root", database)
}

// The server copies files, which is quicker than reading a dump.
func (postgresqlTools) saved(t *testing.T, s *server, database string) func(string) {
	t.Helper()
	copied := func(name, from string) { s.exec(t, "CREATE DATABASE "+s.quote(name)+" TEMPLATE "+s.quote(from)) }
	kept := fmt.Sprintf("kept_%d", time.Now().UnixNano())
	copied(kept, database)
	return func(name string) { copied(name, kept) }
}

func (postgresqlTools) account(user, database string) []string {
	return []string{fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD 'pw'", user), fmt.Sprintf("GRANT ALL ON DATABASE \"%s\" TO %s", database, user)}
}

func (postgresqlTools) product() string { return "PostgreSQL" }

func (postgresqlTools) kill(id uint64) string {
	return "SELECT pg_terminate_backend(" + strconv.FormatUint(id, 10) + ")"
}

func (postgresqlTools) sleep() string { return "SELECT pg_sleep(3600)::text" }

func (postgresqlTools) level(table string) []string {
	return []string{"SELECT set_config('kea.disable_audit', 'true', false)", "UPDATE \"" + table + "\" SET modification_ts = '2026-01-01 00:00:00'"}
}
