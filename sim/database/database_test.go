package database

import (
	"context"
	"errors"
	"net"
	"testing"

	"kea-lockstep/dbcheck"
	"kea-lockstep/internal/kea"
	"kea-lockstep/internal/world"
)

func target(name string) dbcheck.Target {
	return dbcheck.Target{Engine: dbcheck.MySQL, Network: "tcp", Addr: "192.0.2.5:3306", Name: name, User: "kea", Password: "secret"}
}

func newServer(t *testing.T) (*Server, dbcheck.Dialer) {
	t.Helper()
	w := world.New(world.Spec{Servers: 2, Databases: 1, Engine: kea.MySQL, From: "2.6.3", To: "3.0.3"})
	s := New(w, map[string]string{"kea": "secret", "admin": "other"})
	return s, func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go s.Serve(far, "192.0.2.11:40001")
		return near, nil
	}
}

func open(t *testing.T, dial dbcheck.Dialer, at dbcheck.Target) *dbcheck.DB {
	t.Helper()
	db, err := dbcheck.Open(t.Context(), dial, at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// What kea-lockstep reads of each schema on the way is what Kea's own scripts make, and a torn one is like none of them.
func TestStructureIsTheReference(t *testing.T) {
	s, dial := newServer(t)
	known, err := dbcheck.LoadReferences()
	if err != nil {
		t.Fatal(err)
	}
	db := open(t, dial, target("kea1"))
	for _, at := range []kea.Schema{{Major: 22, Minor: 2}, {Major: 23}, {Major: 24}, {Major: 25}, {Major: 26}, {Major: 27}, {Major: 28}, {Major: 29}, {Major: 30}} {
		for _, torn := range []bool{false, true} {
			s.world.Fill("kea1", world.Contents{Schema: at, Torn: torn})
			have, err := db.Structure(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			want, _ := known.Structure(dbcheck.MySQL, dbcheck.Version{Major: at.Major, Minor: at.Minor})
			if differs := dbcheck.Compare(have, want); (len(differs) > 0) != torn {
				t.Errorf("%v, torn %t: %d differences, %v", at, torn, len(differs), differs[:min(len(differs), 3)])
			}
		}
	}
}

func TestQuestions(t *testing.T) {
	s, dial := newServer(t)
	db := open(t, dial, target("kea1"))
	ctx := t.Context()
	if v, err := db.SchemaVersion(ctx); err != nil || v.String() != "22.2" {
		t.Errorf("schema %v, %v", v, err)
	}
	if id, err := db.Identity(ctx); err != nil || id.Product != "MariaDB" || id.Weak || id.Role != dbcheck.RolePrimary {
		t.Errorf("identity %+v, %v", id, err)
	}
	if met, err := db.Meet(ctx, "kea-lockstep.meet.x", []*dbcheck.DB{open(t, dial, target("kea1"))}); err != nil || met[0].Met != dbcheck.MetSame {
		t.Errorf("two ways to it: %+v, %v", met, err)
	}
	sessions, seen, err := db.Sessions(ctx)
	if err != nil || !seen.All || len(sessions) < 3 || sessions[0].Host != "192.0.2.11" || sessions[0].Port == 0 {
		t.Errorf("sessions %v, %v, %v", sessions, seen, err)
	}
	if counts, err := db.Counts(ctx, "lease4", "hosts", "nothing"); err != nil || counts["lease4"] != 402 || counts["hosts"] != 0 || len(counts) != 2 {
		t.Errorf("counts %v, %v", counts, err)
	}
	if settings, err := db.Settings(ctx); err != nil || settings.Bytes() == 0 || len(settings.Definers) != 1 {
		t.Errorf("settings %+v, %v", settings, err)
	}
	p, err := db.Privileges(ctx)
	if err != nil || len(p.Lacks(dbcheck.ToMigrate)) > 0 || len(p.Lacks(dbcheck.ToScratch)) == 0 {
		t.Errorf("privileges %v, %v, %v", err, p.Lacks(dbcheck.ToMigrate), p.Lacks(dbcheck.ToScratch))
	}
	before, err := db.Fingerprint(ctx)
	if err != nil {
		t.Fatal(err)
	}
	s.world.Fill("kea1", world.Contents{Schema: kea.Schema{Major: 22, Minor: 2}, Writes: 99, Leases: 400})
	if after, err := db.Fingerprint(ctx); err != nil || after == before {
		t.Errorf("a write does not show: %v", err)
	}
	if _, err := db.Writes(ctx); err != nil {
		t.Error(err)
	}
}

func TestLocksAndLogins(t *testing.T) {
	_, dial := newServer(t)
	lock, err := dbcheck.AcquireLock(t.Context(), dial, target("kea1"), "kea-lockstep.run")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dbcheck.AcquireLock(t.Context(), dial, target("kea1"), "kea-lockstep.run"); !errors.Is(err, dbcheck.ErrLockHeld) {
		t.Errorf("a second one: %v", err)
	}
	if err := lock.Release(t.Context()); err != nil {
		t.Error(err)
	}
	wrong := target("kea1")
	wrong.Password = "guess"
	if _, err := dbcheck.Open(t.Context(), dial, wrong); !errors.Is(err, dbcheck.ErrAuth) {
		t.Errorf("a wrong password: %v", err)
	}
	if _, err := dbcheck.Open(t.Context(), dial, target("other")); !errors.Is(err, dbcheck.ErrNoDatabase) {
		t.Errorf("a database that is not there: %v", err)
	}
}

// A dump that is read back into a scratch database is what it was made of; a statement that nobody knows is an error.
func TestDumpAndScratch(t *testing.T) {
	s, dial := newServer(t)
	admin := target("")
	admin.User, admin.Password = "admin", "other"
	scratch, err := dbcheck.OpenScratch(t.Context(), dial, admin)
	if err != nil {
		t.Fatal(err)
	}
	defer scratch.Close()
	one, err := s.Login("admin", "other", "kea1", "192.0.2.11:5")
	if err != nil {
		t.Fatal(err)
	}
	dump, err := one.Dump(DumpAll)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := one.Query("CREATE DATABASE kea_lockstep_x"); err != nil {
		t.Fatal(err)
	}
	into, err := s.Login("admin", "other", "kea_lockstep_x", "192.0.2.11:6")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := into.Query("SELECT version FROM schema_version"); err == nil {
		t.Error("an empty database has a schema")
	}
	if err := into.Script(dump); err != nil {
		t.Fatal(err)
	}
	at := admin
	at.Name = "kea_lockstep_x"
	if v, err := open(t, dial, at).SchemaVersion(t.Context()); err != nil || v.String() != "22.2" {
		t.Errorf("restored: %v, %v", v, err)
	}
	if err := scratch.Drop(t.Context(), "kea_lockstep_x"); err != nil {
		t.Error(err)
	}
	if _, err := one.Query("ANALYZE TABLE lease4"); err == nil {
		t.Error("a statement that is not known passes")
	}
}
