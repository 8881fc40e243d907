//go:build lab

package dbcheck

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestScratchTouchesNothingElse(t *testing.T) {
	both(t, func(t *testing.T, s *server) {
		s.exec(t, "CREATE DATABASE kea", "CREATE DATABASE "+s.quote("keaXlockstepX"))
		scratch, err := OpenScratch(t.Context(), dialHere, s.target("", "root", ""))
		if err != nil {
			t.Fatal(err)
		}
		defer scratch.Close()
		for _, name := range []string{"kea", "", ScratchPrefix, "KEA_LOCKSTEP_x", "keaXlockstepX", "x" + ScratchPrefix, "`" + ScratchPrefix, `"` + ScratchPrefix} {
			if err := scratch.Create(t.Context(), name); !errors.Is(err, ErrNotScratch) {
				t.Errorf("create %q: %v", name, err)
			}
			if err := scratch.Drop(t.Context(), name); !errors.Is(err, ErrNotScratch) {
				t.Errorf("drop %q: %v", name, err)
			}
		}
		name := ScratchPrefix + awkward
		if err := scratch.Create(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		if err := scratch.Create(t.Context(), name); !errors.Is(err, ErrExists) {
			t.Errorf("made twice: %v", err)
		}
		if list, err := scratch.List(t.Context()); err != nil || !slices.Equal(list, []string{name}) {
			t.Errorf("%q %v", list, err)
		}
		s.open(t, s.target(name, "root", "")) // a session that a lost proof left behind
		for range 2 {
			if err := scratch.Drop(t.Context(), name); err != nil {
				t.Fatal(err)
			}
		}
		if list, err := scratch.List(t.Context()); err != nil || len(list) != 0 {
			t.Errorf("%q %v", list, err)
		}
	})
}

// A read-only server drops nothing, not even what is not there. That is no reason to keep a run from letting its servers go.
func TestNothingToDropOnAReadOnlyServer(t *testing.T) {
	s := startServer(t)
	there := ScratchPrefix + "there"
	s.exec(t, "CREATE DATABASE "+there, "CREATE USER kea@'%' IDENTIFIED BY 'pw'", "GRANT ALL ON `kea\\_lockstep\\_%`.* TO kea@'%'", "SET GLOBAL read_only = 1")
	scratch, err := OpenScratch(t.Context(), dialHere, s.tcp("", "kea", "pw"))
	if err != nil {
		t.Fatal(err)
	}
	defer scratch.Close()
	if err := scratch.Drop(t.Context(), ScratchPrefix+"gone"); err != nil {
		t.Error(err)
	}
	if err := scratch.Drop(t.Context(), there); err == nil {
		t.Error("one that is there was dropped, by its word")
	}
}

// What Lacks names is what the server refuses, and the statement that it gives
// mends it: with a binary log, the common case that stops kea-admin.
func TestLacksAreRealAndMended(t *testing.T) {
	s := startServer(t, "--log-bin", "--server-id=7")
	s.exec(t, "CREATE DATABASE `my_kea`", "CREATE TABLE my_kea.t (a INT)", "CREATE USER `o'brien`@'127.0.0.1' IDENTIFIED BY 'pw'",
		"GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX ON `my\\_kea`.* TO `o'brien`@'127.0.0.1'")
	target := s.tcp("my_kea", "o'brien", "pw")
	for _, purpose := range []Purpose{ToLook, ToMigrate, ToDump, ToReadCopy, ToScratch} {
		lacks := s.lacks(t, target, purpose)
		if len(lacks) == 0 {
			t.Errorf("purpose %d: nothing lacks", purpose)
		}
		if purpose == ToMigrate {
			if err := trigger(t, s, target); err == nil {
				t.Errorf("a trigger can be made, and %v lacks", lacks)
			}
		}
		for _, l := range lacks {
			s.exec(t, l.Statement)
		}
		if left := s.lacks(t, target, purpose); len(left) != 0 {
			t.Errorf("purpose %d: still %v", purpose, left)
		}
	}
	if err := trigger(t, s, target); err != nil {
		t.Errorf("nothing lacks, and %v", err)
	}
	if err := scratchAndBack(t, target); err != nil {
		t.Errorf("nothing lacks, and %v", err)
	}
}

// What an account lacks to restore what others defined is what the server refuses, and the statements that are given mend it.
func TestLacksOfARestoreAreRealAndMended(t *testing.T) {
	s := startServer(t)
	s.exec(t, "CREATE DATABASE my_kea", "CREATE TABLE my_kea.t (a INT)", "CREATE USER dba@'127.0.0.1' IDENTIFIED BY 'pw'",
		"GRANT ALL ON `my\\_kea`.* TO dba@'127.0.0.1'", "SET GLOBAL log_bin_trust_function_creators = 1")
	target := s.tcp("my_kea", "dba", "pw")
	define := func() error {
		db, err := connect(t.Context(), dialHere, target, false)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		_, err = db.sql.ExecContext(t.Context(), "CREATE DEFINER = root@localhost PROCEDURE p() BEGIN END")
		return err
	}
	if lacks := s.lacks(t, target, ToRestore); len(lacks) > 0 {
		t.Errorf("to restore what is its own it lacks %v", lacks)
	}
	lacks := s.lacks(t, target, ToDefineForRoot)
	if err := define(); err == nil || len(lacks) == 0 {
		t.Errorf("%v lacks, and defining says %v", lacks, err)
	}
	for _, l := range lacks {
		s.exec(t, l.Statement)
	}
	if left := s.lacks(t, target, ToDefineForRoot); len(left) > 0 {
		t.Errorf("still %v", left)
	}
	if err := define(); err != nil {
		t.Errorf("nothing lacks, and %v", err)
	}
}

func (s *server) lacks(t *testing.T, target Target, purpose Purpose) []Lack {
	t.Helper()
	d := s.open(t, target)
	defer d.Close()
	p, err := d.Privileges(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p.Lacks(purpose)
}

func trigger(t *testing.T, s *server, target Target) error {
	db, err := connect(t.Context(), dialHere, target, false)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, dropped := db.sql.ExecContext(t.Context(), "DROP TRIGGER IF EXISTS tr")
	_, err = db.sql.ExecContext(t.Context(), "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW BEGIN END")
	return errors.Join(dropped, err)
}

func scratchAndBack(t *testing.T, target Target) error {
	scratch, err := OpenScratch(t.Context(), dialHere, target)
	if err != nil {
		return err
	}
	defer scratch.Close()
	return errors.Join(scratch.Create(t.Context(), ScratchPrefix+"x"), scratch.Drop(t.Context(), ScratchPrefix+"x"))
}

func TestSettingsAndContents(t *testing.T) {
	s := startServer(t, "--default-time-zone=-02:30", "--lock-wait-timeout=77", "--max-connections=33", "--log-bin", "--server-id=7")
	s.exec(t, "CREATE DATABASE "+mysqlDialect{}.quote(awkward), "CREATE TABLE "+mysqlDialect{}.quote(awkward)+".lease4 (a INT)", "CREATE TABLE "+mysqlDialect{}.quote(awkward)+".`odd ``t` (a INT)",
		"CREATE DEFINER='dba'@'%' TRIGGER "+mysqlDialect{}.quote(awkward)+".tr BEFORE INSERT ON "+mysqlDialect{}.quote(awkward)+".lease4 FOR EACH ROW BEGIN END")
	d := s.open(t, s.target(awkward, "root", ""))
	ctx := t.Context()
	set, err := d.Settings(ctx)
	if err != nil || set.LockWait != 77*time.Second || set.MaxConnections != 33 || set.Connections != 2 || !set.BinaryLog ||
		set.TrustFunctionCreators || len(set.Tables) != 2 || set.Bytes() <= 0 || !strings.HasSuffix(set.DataDir, "/data/") || set.Zone != "-02:30" || set.Offset != -150*time.Minute || !slices.Equal(set.Definers, []string{"dba@%"}) {
		t.Errorf("%+v %v", set, err)
	}
	before, err := d.Fingerprint(ctx)
	if err != nil {
		t.Fatal(err)
	}
	quiet, err := d.Writes(ctx)
	if err != nil || quiet.Log == "" {
		t.Fatal(quiet, err)
	}
	if again, err := d.Fingerprint(ctx); err != nil || again != before {
		t.Errorf("%v, then %v: %v", before, again, err)
	}
	s.exec(t, "INSERT INTO "+mysqlDialect{}.quote(awkward)+".`odd ``t` VALUES (1), (2)")
	if again, err := d.Fingerprint(ctx); err != nil || again == before {
		t.Errorf("a write did not change the fingerprint: %v", err)
	}
	moved, err := d.Writes(ctx)
	if err != nil || moved.Log == quiet.Log || moved.Tables["odd `t"] == "" || moved.Tables["odd `t"] == quiet.Tables["odd `t"] {
		t.Errorf("a write does not show: %+v, then %+v, %v", quiet, moved, err)
	}
	counts, err := d.Counts(ctx, "lease4", "lease6", "odd `t")
	if n, there := counts["lease6"]; err != nil || there || n != 0 || counts["odd `t"] != 2 || len(counts) != 2 {
		t.Errorf("%v %v", counts, err)
	}
	if all, err := d.AllCounts(ctx); err != nil || len(all) != 2 {
		t.Errorf("%v %v", all, err)
	}
}
