//go:build lab

package playbooks

import (
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// postgresql is a private server on loopback. Its log is kept beside its data.
type postgresql struct {
	t    *testing.T
	port string
}

// startPostgreSQL fails the test where there is no server on this machine: whoever asks for the lab wants to know.
func startPostgreSQL(t *testing.T) postgresql {
	t.Helper()
	programs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	as, err := user.Lookup("postgres")
	if err != nil || len(programs) == 0 {
		t.Fatalf("no PostgreSQL server on this machine: %v", err)
	}
	uid, _ := strconv.ParseUint(as.Uid, 10, 32)
	gid, _ := strconv.ParseUint(as.Gid, 10, 32)
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	for _, step := range []error{
		os.Chmod(filepath.Dir(dir), 0o711), os.Chmod(dir, 0o711), os.Mkdir(data, 0o700), os.Chown(data, int(uid), int(gid)),
	} {
		if step != nil {
			t.Fatal(step)
		}
	}
	command := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(programs[len(programs)-1], name), args...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
		cmd.Dir = data
		return cmd
	}
	if out, err := command("initdb", "-D", data, "--username=root", "--encoding=UTF8", "--locale=C", "--no-sync",
		"--auth-local=trust", "--auth-host=scram-sha-256").CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := postgresql{t, strconv.Itoa(l.Addr().(*net.TCPAddr).Port)}
	l.Close()
	server := command("postgres", "-D", data, "-c", "port="+s.port, "-c", "listen_addresses=127.0.0.1",
		"-c", "unix_socket_directories="+data, "-c", "fsync=off")
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	server.Stdout, server.Stderr = log, log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGINT)
		_ = server.Wait()
	})
	t.Setenv("PGHOST", data)
	t.Setenv("PGPORT", s.port)
	t.Setenv("PGUSER", "root")
	for deadline := time.Now().Add(30 * time.Second); ; {
		out, err := exec.Command("psql", "--no-psqlrc", "-d", "postgres", "-c", "SELECT 1").CombinedOutput()
		if err == nil {
			return s
		}
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("the server does not answer: %v\n%s%s", err, out, text)
		}
		<-time.After(50 * time.Millisecond)
	}
}

// sql runs statements as the superuser and gives what they print.
func (s postgresql) sql(database, statements string) string {
	s.t.Helper()
	cmd := exec.Command("psql", "--no-psqlrc", "-qAt", "-v", "ON_ERROR_STOP=1", "-d", database)
	cmd.Stdin = strings.NewReader(statements)
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("%s: %v\n%s", statements, err, out)
	}
	return strings.TrimSpace(string(out))
}

var restricted = regexp.MustCompile(`(?m)^\\(un)?restrict .*$`)

// whole is everything in a database: what its superuser dumps.
func (s postgresql) whole(database string, options ...string) string {
	s.t.Helper()
	out, err := exec.Command("pg_dump", append(options, database)...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("pg_dump %s: %v\n%s", database, err, out)
	}
	return restricted.ReplaceAllString(string(out), "")
}

const (
	keaPassword   = `kea pw:\x'"$ü`
	adminPassword = "admin pw"
)

// likeKea is a schema with one object of each kind that Kea's own is made of.
const likeKea = `
CREATE TABLE schema_version (version INT PRIMARY KEY NOT NULL, minor INT);
INSERT INTO schema_version VALUES (22, 2);
CREATE TABLE lease_state (state INT8 PRIMARY KEY, name VARCHAR(64) NOT NULL);
INSERT INTO lease_state VALUES (0, 'default'), (1, E'COMMIT;\n\\.\ndeclined');
CREATE TABLE lease4 (address BIGINT PRIMARY KEY, hwaddr BYTEA, state INT8 DEFAULT 0 REFERENCES lease_state (state));
CREATE TABLE lease4_stat (state INT8 PRIMARY KEY, leases BIGINT);
CREATE TABLE hosts (host_id SERIAL PRIMARY KEY, hostname VARCHAR(255));
CREATE INDEX hosts_by_name ON hosts (lower(hostname));
CREATE TYPE notice AS ENUM ('low', 'high');
CREATE FUNCTION counted() RETURNS trigger AS $$
BEGIN
	INSERT INTO lease4_stat VALUES (NEW.state, 1) ON CONFLICT (state) DO UPDATE SET leases = lease4_stat.leases + 1;
	RETURN NULL;
END $$ LANGUAGE plpgsql;
CREATE FUNCTION loud(n notice) RETURNS boolean AS $$ SELECT n = 'high' $$ LANGUAGE sql;
CREATE TRIGGER lease4_counted AFTER INSERT ON lease4 FOR EACH ROW EXECUTE PROCEDURE counted();
CREATE VIEW declined AS SELECT address FROM lease4 WHERE state = 1;
INSERT INTO lease4 SELECT n, '\x0102', n % 2 FROM generate_series(1, 1000) n;
INSERT INTO hosts (hostname) VALUES ('a'), ('b');
GRANT SELECT ON lease4 TO reader;
`

// A database of Kea's with its owner, an administrator who may make databases and nothing else, and somebody who reads.
func (s postgresql) makeKea(home string) {
	s.t.Helper()
	s.sql("postgres", fmt.Sprintf(`
		CREATE ROLE kea LOGIN PASSWORD '%s'; CREATE ROLE kea_admin LOGIN CREATEDB PASSWORD '%s'; CREATE ROLE reader LOGIN PASSWORD 'x';
		CREATE DATABASE "kea data"`, strings.ReplaceAll(keaPassword, "'", "''"), adminPassword))
	s.sql("kea data", fmt.Sprintf(`
		CREATE SCHEMA IF NOT EXISTS %[1]s; GRANT ALL ON SCHEMA %[1]s TO kea; ALTER ROLE kea SET search_path TO %[1]s;
		CREATE SCHEMA site; CREATE TABLE site.notes AS SELECT 'theirs' AS note; CREATE EXTENSION pg_trgm SCHEMA %[1]s;
		SET search_path TO %[1]s; SET SESSION AUTHORIZATION kea; %[2]s`, home, likeKea))
}

// as are the assignments that an account speaks to the database with.
func (s postgresql) as(user, password string, more ...string) []string {
	return append([]string{"client=psql", "dumper=pg_dump", "loader=pg_restore", "directories=", "host=127.0.0.1", "port=" + s.port,
		"database=kea data", "named=kea data", "user=" + user, "password=" + password}, more...)
}

// alone are those of who changes the database, in which nobody else may be.
func (s postgresql) alone(more ...string) []string {
	return append(s.as("kea", keaPassword, "ours=", "look=a look", "allowed="+hex.EncodeToString([]byte("-,"))), more...)
}

// dumped takes a dump and gives what a restore is told of it.
func (s postgresql) dumped(h host) []string {
	s.t.Helper()
	status, said := h.runOn("postgresql", "dump", s.as("kea", keaPassword, "dir="+h.path("backups"), "name=kea-db1")...)
	found := regexp.MustCompile(`^path\t(\S+)\nbytes\t([1-9]\d*)\nsha256\t([0-9a-f]{64})\n$`).FindStringSubmatch(said)
	if status != 0 || found == nil {
		s.t.Fatalf("dump: %d %s", status, said)
	}
	if left, _ := filepath.Glob(h.path("backups/.*")); len(left) > 0 {
		s.t.Errorf("the dump left %q", left)
	}
	return []string{"path=" + found[1], "digest=" + found[3]}
}

func TestPostgreSQLIsProvedAndRestored(t *testing.T) {
	for _, home := range []string{"public", `"Kea's home"`} {
		t.Run(home, func(t *testing.T) {
			s, h := startPostgreSQL(t), newHost(t)
			s.makeKea(home)
			before := s.whole("kea data")
			dump := s.dumped(h)
			for range 2 { // a lost attempt's database is in the way of the next
				prove := s.as("kea_admin", adminPassword, append(dump, "scratch=kea_lockstep_ab12", "directories=/usr/lib/postgresql/*/bin")...)
				if status, said := h.runOn("postgresql", "prove", prove...); status != 0 {
					t.Fatalf("prove: %d %s", status, said)
				}
			}
			look := exec.Command("psql", "--no-psqlrc", "-qAt", "-h", "127.0.0.1", "-U", "kea_admin", "-d", "kea_lockstep_ab12", "-c", "SELECT version FROM schema_version")
			look.Env = append(os.Environ(), "PGPASSWORD="+adminPassword)
			if found, err := look.CombinedOutput(); err != nil || string(found) != "22\n" {
				t.Errorf("whoever looks at the proof finds %s", found)
			}
			rows := func(database string) string {
				return s.sql(database, `SET search_path TO `+home+`; SELECT count(*), sum(state), (SELECT sum(leases) FROM lease4_stat),
					(SELECT name FROM lease_state WHERE state = 1), (SELECT last_value FROM hosts_host_id_seq) FROM lease4`)
			}
			if got, want := rows("kea_lockstep_ab12"), rows("kea data"); got != want {
				t.Errorf("the proof has %q, the database %q", got, want)
			}
			s.sql("kea data", `SET search_path TO `+home+`; SET SESSION AUTHORIZATION kea; DROP TABLE lease4 CASCADE; DROP TABLE schema_version;
				CREATE TABLE half (id INT); CREATE FUNCTION half_done(h half) RETURNS half AS $$ SELECT h $$ LANGUAGE sql; CREATE DOMAIN half_id AS INT;
				CREATE MATERIALIZED VIEW halves AS SELECT * FROM half; ALTER TABLE hosts ADD half half_id; INSERT INTO hosts (hostname) VALUES ('c')`)
			for range 2 {
				if status, said := h.runOn("postgresql", "restore", s.alone(dump...)...); status != 0 || said != "restored\n" {
					t.Fatalf("restore: %d %s", status, said)
				}
				if after := s.whole("kea data"); after != before {
					t.Errorf("the database is not what it was:\n%s\nbefore:\n%s", after, before)
				}
			}
		})
	}
}

// What cannot be restored whole is not restored at all.
func TestARestoreOfPostgreSQLIsWholeOrNotAtAll(t *testing.T) {
	s, h := startPostgreSQL(t), newHost(t)
	s.makeKea("public")
	dump := s.dumped(h)
	s.sql("kea data", "SET SESSION AUTHORIZATION kea; UPDATE schema_version SET version = 23")
	refused := func(why, says string) {
		t.Helper()
		before := s.whole("kea data")
		status, said := h.runOn("postgresql", "restore", s.alone(dump...)...)
		if status == 0 || !strings.Contains(said, says) {
			t.Errorf("%s: %d %s", why, status, said)
		}
		if s.whole("kea data") != before {
			t.Errorf("%s: something was changed", why)
		}
	}
	s.sql("kea data", "GRANT SELECT ON hosts TO root; CREATE VIEW site.names AS SELECT hostname FROM hosts")
	refused("another schema's view is in the way", "view site.names")
	s.sql("kea data", "DROP VIEW site.names; CREATE PUBLICATION everything FOR TABLE hosts")
	refused("a publication is in the way", "publication everything")
	s.sql("kea data", "DROP PUBLICATION everything")
	for _, lines := range []string{"100", "200"} {
		h.program("pg_restore", "case $* in *--list*) exec /usr/bin/pg_restore \"$@\" ;; esac\n/usr/bin/pg_restore \"$@\" | head -n "+lines+"\nexit 1")
		refused("the dump was read in part", "")
	}
	if err := os.Remove(h.path("bin/pg_restore")); err != nil {
		t.Fatal(err)
	}
	dump[1] = "digest=" + digest("another")
	refused("it is another dump", "")
}

func TestADumpOfPostgreSQLIsWholeOrNotAtAll(t *testing.T) {
	s, h := startPostgreSQL(t), newHost(t)
	s.makeKea("public")
	for why, script := range map[string]string{
		"the server ended it": "/usr/bin/pg_dump \"$@\" | head -c 20000\nexit 1",
		"it was cut off":      "/usr/bin/pg_dump \"$@\" | head -c 20000",
	} {
		h.program("pg_dump", script)
		status, said := h.runOn("postgresql", "dump", s.as("kea", keaPassword, "dir="+h.path("backups"), "name=kea-db1")...)
		if left, _ := filepath.Glob(h.path("backups/*")); status == 0 || len(left) > 0 {
			t.Errorf("%s: %d %s, left is %q", why, status, said, left)
		}
	}
}

// The kea-admin of this test writes down what it was given and what the server holds for it.
const keaAdmin = `{
	echo "arguments $*"
	echo "password $KEA_ADMIN_DB_PASSWORD"
	psql -At -c "SELECT 'waits ' || current_setting('lock_timeout') || ', runs ' || current_setting('statement_timeout')"
} >"${0%/*}/../given"`

func TestPostgreSQLIsMigratedBySomebodyWhoIsAlone(t *testing.T) {
	s, h := startPostgreSQL(t), newHost(t)
	s.makeKea("public")
	h.program("kea-admin", keaAdmin)
	migrate := func(more ...string) (status int, said, given string) {
		h.write("given", "")
		assign := s.alone("before=22.2", "between=22.2 23.0", "extra=", "scripts="+h.path("scripts"))
		status, said = h.runOn("postgresql", "migrate", append(assign, more...)...)
		return status, said, h.read("given")
	}
	status, said, given := migrate()
	want := "arguments db-upgrade pgsql -h 127.0.0.1 -P " + s.port + " -u kea -n kea data\npassword " + keaPassword + "\nwaits 1min, runs 0\n"
	if status != 0 || given != want {
		t.Errorf("alone: %d %s\n%s\nwant %s", status, said, given, want)
	}
	if status, said, given := migrate("before=21.0", "between=21.0 22.0"); status == 0 || given != "" || !strings.Contains(said, "22.2") {
		t.Errorf("at another schema: %d %s %s", status, said, given)
	}
	pid := s.enter("reader", "x")
	allowed := "allowed=" + hex.EncodeToString([]byte("-,stork@192.0.2.9,reader@127.0.0.1"))
	if status, said, given := migrate(); status == 0 || given != "" || !strings.Contains(said, "session "+pid+" of reader@") {
		t.Errorf("somebody is there: %d %s %s", status, said, given)
	}
	if status, said, given := migrate("ours=1," + pid); status != 0 || given == "" {
		t.Errorf("it is ours: %d %s", status, said)
	}
	if status, said, given := migrate("look=psql"); status != 0 || given == "" {
		t.Errorf("it only looks: %d %s", status, said)
	}
	// Where an account may not see who it is, the address is no excuse.
	if status, said, given := migrate(allowed); status == 0 || given != "" {
		t.Errorf("he is hidden: %d %s %s", status, said, given)
	}
	s.sql("postgres", "GRANT pg_read_all_stats TO kea")
	if status, said, given := migrate(allowed); status != 0 || given == "" {
		t.Errorf("he may stay: %d %s", status, said)
	}
}

// enter opens a session in the database and gives its number.
func (s postgresql) enter(user, password string) string {
	s.t.Helper()
	cmd := exec.Command("psql", "--no-psqlrc", "-qAt", "-h", "127.0.0.1", "-U", user, "-d", "kea data")
	cmd.Env = append(os.Environ(), "PGPASSWORD="+password)
	in, err := cmd.StdinPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	if _, err := in.Write([]byte("SELECT pg_backend_pid();\n")); err != nil {
		s.t.Fatal(err)
	}
	var pid string
	if _, err := fmt.Fscan(out, &pid); err != nil {
		s.t.Fatal(err)
	}
	return pid
}
