//go:build lab

package dbcheck

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// What Lacks names is what the server refuses, and the statement that it gives
// mends it: a schema that somebody else made is the common case that stops
// kea-admin.
func TestPostgreSQLLacksAreRealAndMended(t *testing.T) {
	s := startPostgreSQL(t)
	s.exec(t, `CREATE ROLE "o'brien" LOGIN PASSWORD 'pw'`, "CREATE ROLE dba", `CREATE DATABASE "my kea"`, "REVOKE CONNECT ON DATABASE postgres FROM PUBLIC")
	s.in(t, "my kea", "GRANT CREATE ON SCHEMA public TO dba", "SET ROLE dba", `CREATE TABLE "Odd t" (a SERIAL)`, "CREATE SEQUENCE free",
		"CREATE FUNCTION f(a INT) RETURNS INT AS 'SELECT 1' LANGUAGE SQL", "CREATE VIEW v AS SELECT 1",
		"CREATE TABLE guarded (a INT)", "ALTER TABLE guarded ENABLE ROW LEVEL SECURITY")
	s.in(t, "my kea", "CREATE SCHEMA more", "CREATE TABLE more.u (a INT)", "CREATE EXTENSION pg_stat_statements")
	target := s.tcp("my kea", "o'brien", "pw")
	tries := map[Purpose]func() error{
		ToLook: func() error {
			d := s.open(t, target)
			defer d.Close()
			if _, all, err := d.Sessions(t.Context()); err != nil || !all.All {
				return fmt.Errorf("%s: %w", all.Saw, err)
			}
			return nil
		},
		ToMigrate: func() error {
			return s.as(t, target, `ALTER TABLE "Odd t" ADD b INT`, "CREATE TABLE w (a INT)", "DROP VIEW v", "ALTER SEQUENCE free CYCLE",
				"CREATE OR REPLACE FUNCTION f(a INT) RETURNS INT AS 'SELECT 2' LANGUAGE SQL")
		},
		ToDump: func() error {
			dump := exec.Command("pg_dump", "--schema=public", "-h", "127.0.0.1", "-p", fmt.Sprint(s.port), "-U", "o'brien", "my kea")
			dump.Env = append(dump.Environ(), "PGPASSWORD=pw")
			if out, err := dump.CombinedOutput(); err != nil {
				return fmt.Errorf("%w: %s", err, out)
			}
			return nil
		},
		ToReadCopy: func() error {
			return s.as(t, target, "CREATE SCHEMA kea_lockstep_copy_x", "DROP SCHEMA kea_lockstep_copy_x")
		},
		ToScratch: func() error { return scratchAndBack(t, s.tcp("", "o'brien", "pw")) },
	}
	stays := s.open(t, s.target("my kea", "root", "")) // somebody whose address is hidden
	defer stays.Close()
	for _, purpose := range []Purpose{ToLook, ToDump, ToMigrate, ToReadCopy, ToScratch} { // whoever owns may dump
		lacks := s.lacks(t, target, purpose)
		if err := tries[purpose](); err == nil || len(lacks) == 0 {
			t.Errorf("purpose %d: %v lacks, and: %v", purpose, lacks, err)
		}
		for _, l := range lacks {
			s.in(t, "my kea", l.Statement)
		}
		if left := s.lacks(t, target, purpose); len(left) != 0 {
			t.Errorf("purpose %d: still %v", purpose, left)
		}
		if err := tries[purpose](); err != nil {
			t.Errorf("purpose %d: nothing lacks, and %v", purpose, err)
		}
	}
}

// as runs statements as an account.
func (s *server) as(t *testing.T, target Target, statements ...string) error {
	t.Helper()
	db, err := connect(t.Context(), dialHere, target, false)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range statements {
		if _, err := db.sql.ExecContext(t.Context(), q); err != nil {
			return fmt.Errorf("%s: %w", q, err)
		}
	}
	return nil
}

func TestPostgreSQLSettingsAndContents(t *testing.T) {
	s := startPostgreSQL(t, "lock_timeout=77s", "max_connections=33", "timezone=Asia/Kolkata")
	s.exec(t, "CREATE DATABASE "+s.quote(awkward), "CREATE ROLE dba", "CREATE ROLE kea LOGIN")
	s.in(t, awkward, "CREATE TABLE lease4 (a INT, at TIMESTAMPTZ, b BYTEA)", `CREATE TABLE "odd ""t" (id SERIAL, a INT)`,
		"CREATE FUNCTION f() RETURNS INT AS 'SELECT 1' LANGUAGE SQL", "ALTER FUNCTION f() OWNER TO dba",
		`GRANT SELECT ON "odd ""t", lease4 TO kea`, `GRANT USAGE ON SEQUENCE "odd ""t_id_seq" TO kea`)
	d := s.open(t, s.target(awkward, "root", ""))
	ctx := t.Context()
	set, err := d.Settings(ctx)
	if err != nil || set.LockWait != 77*time.Second || set.MaxConnections != 33 || set.Connections != 2 || len(set.Tables) != 2 ||
		set.Bytes() <= 0 || !strings.HasSuffix(set.DataDir, "/data") || set.Zone != "Asia/Kolkata" || set.Offset != 330*time.Minute || !slices.Equal(set.Definers, []string{"dba", "root"}) {
		t.Errorf("%+v %v", set, err)
	}
	kea := s.open(t, s.target(awkward, "kea", ""))
	if set, err := kea.Settings(ctx); err != nil || set.DataDir != "" || set.LockWait != 77*time.Second {
		t.Errorf("what an ordinary account sees: %+v %v", set, err)
	}
	before := s.print(t, d)
	s.in(t, awkward, "ALTER ROLE kea SET timezone = 'Asia/Tokyo'", "ALTER ROLE kea SET bytea_output = 'escape'")
	other := s.open(t, s.target(awkward, "kea", ""))
	if again := s.print(t, other); again != before {
		t.Errorf("an account's own settings move the fingerprint")
	}
	seen := map[string]string{before: "nothing"}
	for _, write := range []string{
		`INSERT INTO "odd ""t" (a) VALUES (1), (2)`, `INSERT INTO "odd ""t" (id, a) VALUES (1, 1)`, `DELETE FROM "odd ""t" WHERE a = 2`,
		`UPDATE "odd ""t" SET a = NULL`, "INSERT INTO lease4 VALUES (1, '2026-01-01 00:00+00', '\\x00')",
		"UPDATE lease4 SET at = at + interval '1 microsecond'", "UPDATE lease4 SET b = '\\x0000'", `SELECT nextval('"odd ""t_id_seq"')`, "CREATE TABLE empty (a INT)",
	} {
		s.in(t, awkward, write)
		now := s.print(t, d)
		if was := seen[now]; was != "" {
			t.Errorf("after %s the fingerprint is the one after %s", write, was)
		}
		seen[now] = write
	}
	counts, err := d.Counts(ctx, "lease4", "lease6", `odd "t`)
	if n, there := counts["lease6"]; err != nil || there || n != 0 || counts[`odd "t`] != 2 || len(counts) != 2 {
		t.Errorf("%v %v", counts, err)
	}
	if all, err := d.AllCounts(ctx); err != nil || len(all) != 3 {
		t.Errorf("%v %v", all, err)
	}
}

func (s *server) print(t *testing.T, d *DB) string {
	t.Helper()
	text, err := d.Fingerprint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestPostgreSQLWritesShow(t *testing.T) {
	s := startPostgreSQL(t)
	s.exec(t, "CREATE DATABASE kea")
	s.in(t, "kea", "CREATE TABLE t (a INT)")
	d := s.open(t, s.target("kea", "root", ""))
	quiet, err := d.Writes(t.Context())
	if err != nil || quiet.Log == "" || len(quiet.Tables) != 0 || time.Since(quiet.Started) > 5*time.Minute {
		t.Fatal(quiet, err)
	}
	s.in(t, "kea", "INSERT INTO t VALUES (1)")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		moved, err := d.Writes(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if moved.Tables["t"] == "1 inserted, 0 updated, 0 deleted" && moved.Log != quiet.Log && moved.Started.Equal(quiet.Started) {
			return
		}
	}
}

// A pooler may give each question to another session of the server: what depends
// on the session is not asked through it.
func TestPoolerIsKnownAndTakesNoLock(t *testing.T) {
	s := startPostgreSQL(t)
	s.exec(t, append([]string{"CREATE DATABASE kea"}, s.tools.account("kea", "kea")...)...)
	home := postgresHome(t)
	port := freePort(t)
	pooler := postgresCommand(t, home, "psql") // for its user
	pooler.Path, pooler.Args = "/usr/sbin/pgbouncer", []string{"pgbouncer", "pgbouncer.ini"}
	config := fmt.Sprintf("[databases]\nalias = host=127.0.0.1 port=%d dbname=kea user=kea password=pw\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\n"+
		"unix_socket_dir =\nauth_type = any\npool_mode = transaction\n", s.port, port)
	write(t, filepath.Join(home, "pgbouncer.ini"), config)
	if err := pooler.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = pooler.Process.Kill()
		_ = pooler.Wait()
	})
	target := s.tcp("alias", "kea", "pw")
	target.Addr = fmt.Sprintf("127.0.0.1:%d", port)
	d, err := Open(t.Context(), dialHere, target)
	for deadline := time.Now().Add(20 * time.Second); errors.Is(err, ErrUnreachable) && time.Now().Before(deadline); d, err = Open(t.Context(), dialHere, target) {
	}
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	direct, err := s.open(t, s.tcp("kea", "kea", "pw")).Identity(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pooled, err := d.Identity(t.Context())
	if err != nil || pooled.String() != direct.String() || !pooled.Pooled || direct.Pooled {
		t.Errorf("%+v and %+v, %v", pooled, direct, err)
	}
	straight := s.open(t, s.tcp("kea", "kea", "pw"))
	if there, back := meet(t, d, straight), meet(t, straight, d); there[0].Met != MetSame || back[0].Met != MetSame {
		t.Errorf("with the pooler and without: %+v, %+v", there, back)
	}
	list, _, err := d.Sessions(t.Context())
	if err != nil || !slices.ContainsFunc(list, func(s Session) bool { return s.Own && s.Database == "alias" }) {
		t.Errorf("sessions by the name that the pooler gives the database: %v %v", list, err)
	}
	if _, err := AcquireLock(t.Context(), dialHere, target, "kea_lockstep.kea"); !errors.Is(err, ErrLockUnsupported) {
		t.Errorf("a lock: %v", err)
	}
}
