//go:build lab

package lab_test

import (
	"context"
	"database/sql"
	"slices"
	"testing"
	"time"

	"kea-lockstep/lab"
	"kea-lockstep/lab/labtest"
)

// TestFaultsOfTheDatabase sees each fault happen to a client with Kea's own account, and end.
func TestFaultsOfTheDatabase(t *testing.T) {
	for _, engine := range []lab.Engine{lab.MySQL, lab.PostgreSQL} {
		t.Run(string(engine), func(t *testing.T) {
			f := labtest.Up(t, lab.Spec{Servers: 1, Engine: engine})
			t.Run("restarted", func(t *testing.T) { restarted(t, f) })
			t.Run("stopped", func(t *testing.T) { stopped(t, f) })
			t.Run("frozen", func(t *testing.T) { databaseFrozen(t, f) })
			t.Run("full", func(t *testing.T) { full(t, f) })
			t.Run("a table held", func(t *testing.T) { held(t, f) })
			t.Run("read-only", func(t *testing.T) { readOnly(t, f) })
			t.Run("a session ended", func(t *testing.T) { ended(t, f) })
			if got, err := f.Contents(t.Context()); err != nil || got.Leases != lab.Leases {
				t.Errorf("after all that the database holds %+v, %v", got, err)
			}
		})
	}
}

// client is a session with Kea's own account, which gives up an answer after a second.
func client(t *testing.T, f *lab.Fleet) *sql.Conn {
	t.Helper()
	conn, err := dial(t, f)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func dial(t *testing.T, f *lab.Fleet) (*sql.Conn, error) {
	t.Helper()
	db, err := f.OpenDatabaseWithin(time.Second, lab.KeaUser, lab.KeaPassword, f.Prober)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	conn, err := db.Conn(t.Context())
	if err == nil {
		t.Cleanup(func() { _ = conn.Close() })
	}
	return conn, err
}

func says(t *testing.T, conn *sql.Conn) error {
	var one int
	return conn.QueryRowContext(t.Context(), "SELECT 1").Scan(&one)
}

// of is a fault of the whole database.
func of(t *testing.T, fault func(context.Context) error) {
	t.Helper()
	if err := fault(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func restarted(t *testing.T, f *lab.Fleet) {
	before := client(t, f)
	of(t, f.RestartDatabase)
	if says(t, before) == nil {
		t.Error("a session outlived the restart")
	}
	if err := says(t, client(t, f)); err != nil {
		t.Error(err)
	}
}

func stopped(t *testing.T, f *lab.Fleet) {
	of(t, f.StopDatabase)
	begun := time.Now()
	if _, err := dial(t, f); err == nil || time.Since(begun) > 500*time.Millisecond {
		t.Errorf("a stopped database does not refuse at once, but after %s: %v", time.Since(begun), err)
	}
	of(t, f.StartDatabase)
	if err := says(t, client(t, f)); err != nil {
		t.Error(err)
	}
}

func databaseFrozen(t *testing.T, f *lab.Fleet) {
	begun := client(t, f)
	of(t, f.FreezeDatabase)
	for name, failed := range map[string]error{"a session": says(t, begun), "a new client": func() error { _, err := dial(t, f); return err }()} {
		if failed == nil {
			t.Errorf("a frozen database answers %s", name)
		}
	}
	labtest.Must(t, f, lab.DatabaseHost, "true") // the engine is frozen, not the host
	of(t, f.ThawDatabase)
	if err := says(t, client(t, f)); err != nil {
		t.Error(err)
	}
}

func full(t *testing.T, f *lab.Fleet) {
	crowd, err := f.ExhaustConnections(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer crowd.Disperse()
	if _, err := dial(t, f); err == nil {
		t.Error("a full server takes another client")
	}
	sessions, err := f.Sessions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	crowded := func(all []lab.Session) []lab.Session {
		return slices.DeleteFunc(slices.Clone(all), func(s lab.Session) bool { return s.User != lab.WitnessUser || s.Address != f.Witness.String() })
	}
	witness := crowded(sessions)
	if len(witness) < 50 {
		t.Fatalf("the crowd is %d sessions of %d", len(witness), len(sessions))
	}
	if err := f.EndSession(t.Context(), witness[0].ID); err != nil { // its place is taken again
		t.Fatal(err)
	}
	until(t, 10*time.Second, "full again", func() bool {
		<-time.After(300 * time.Millisecond) // whoever looks takes the place meanwhile
		again, err := f.Sessions(t.Context())
		again = slices.DeleteFunc(crowded(again), func(s lab.Session) bool { return s.ID == witness[0].ID })
		return err == nil && len(again) >= len(witness) // others' sessions come and go
	})
	crowd.Disperse()
	until(t, 5*time.Second, "a place free", func() bool { _, err := dial(t, f); return err == nil })
}

func held(t *testing.T, f *lab.Fleet) {
	hold, err := f.HoldTable(t.Context(), "lease4", lab.WitnessUser, lab.WitnessPassword, f.Witness)
	if err != nil {
		t.Fatal(err)
	}
	defer hold.Release()
	migrate := func() error {
		c := client(t, f)
		wait := map[lab.Engine]string{lab.MySQL: "SET lock_wait_timeout = 1", lab.PostgreSQL: "SET lock_timeout = '700ms'"}
		if _, err := c.ExecContext(t.Context(), wait[f.Engine.Kind()]); err != nil {
			t.Fatal(err)
		}
		_, err := c.ExecContext(t.Context(), "ALTER TABLE lease4 ADD COLUMN more INT")
		return err
	}
	if migrate() == nil {
		t.Error("the table was changed under an open transaction")
	}
	if got, err := f.Contents(t.Context()); err != nil || got.Leases != lab.Leases { // whoever reads does not wait
		t.Errorf("%+v, %v", got, err)
	}
	hold.Release()
	until(t, 5*time.Second, "changed once nobody holds it", func() bool { return migrate() == nil })
	if _, err := f.SQL(t.Context(), "ALTER TABLE lease4 DROP COLUMN more;"); err != nil {
		t.Fatal(err)
	}
}

func readOnly(t *testing.T, f *lab.Fleet) {
	write := func() error {
		_, err := client(t, f).ExecContext(t.Context(), "UPDATE schema_version SET minor = minor")
		return err
	}
	if err := write(); err != nil {
		t.Fatal(err)
	}
	of(t, f.MakeReadOnly)
	until(t, 5*time.Second, "read-only", func() bool { return write() != nil })
	if err := says(t, client(t, f)); err != nil {
		t.Errorf("reading is no writing: %v", err)
	}
	of(t, f.MakeWritable)
	until(t, 5*time.Second, "writable again", func() bool { return write() == nil })
}

func ended(t *testing.T, f *lab.Fleet) {
	one, other := client(t, f), client(t, f)
	sessions, err := f.Sessions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var mine []lab.Session
	for _, s := range sessions {
		if s.User == lab.KeaUser && s.Address == f.Prober.String() && s.Database == "kea" {
			mine = append(mine, s)
		}
	}
	if len(mine) < 2 {
		t.Fatalf("two clients are not among %+v", sessions)
	}
	if err := f.EndSession(t.Context(), mine[len(mine)-1].ID); err != nil {
		t.Fatal(err)
	}
	gone := 0
	for _, c := range []*sql.Conn{one, other} {
		if says(t, c) != nil {
			gone++
		}
	}
	if gone != 1 {
		t.Errorf("%d of two sessions ended, one was to", gone)
	}
}
