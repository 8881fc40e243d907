//go:build lab

package dbcheck

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

const awkward = "kea `\"'-ü db"

func TestOpenSaysWhatIsWrong(t *testing.T) {
	s := startServer(t)
	s.exec(t, "CREATE DATABASE kea", "CREATE DATABASE other", "CREATE USER kea@'%' IDENTIFIED BY 'pw'", "GRANT ALL ON kea.* TO kea@'%'")
	closed := s.tcp("kea", "kea", "pw")
	closed.Addr = "127.0.0.1:1"
	engine := s.tcp("kea", "kea", "pw")
	engine.Engine = "cassandra"
	for name, tc := range map[string]struct {
		target Target
		want   error
		saw    string
	}{
		"password": {s.tcp("kea", "kea", "no"), ErrAuth, "Access denied for user 'kea'@"},
		"database": {s.tcp("nokea", "root", ""), ErrNoDatabase, "Unknown database 'nokea'"},
		"foreign":  {s.tcp("other", "kea", "pw"), ErrAuth, "to database 'other'"},
		"closed":   {closed, ErrUnreachable, "connection refused"},
		"engine":   {engine, ErrEngine, "cassandra"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(t.Context(), dialHere, tc.target)
			if !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.saw) {
				t.Errorf("got %v, want %v with %q", err, tc.want, tc.saw)
			}
			if err != nil && strings.Contains(err.Error(), "pw") {
				t.Errorf("the password shows: %v", err)
			}
		})
	}
}

func TestSchemaVersionTellsEmptyFromBroken(t *testing.T) {
	both(t, func(t *testing.T, s *server) {
		s.exec(t, "CREATE DATABASE "+s.quote(awkward))
		d := s.open(t, s.target(awkward, "root", ""))
		if _, err := d.SchemaVersion(t.Context()); !errors.Is(err, ErrNoSchema) {
			t.Fatalf("empty database: %v", err)
		}
		s.in(t, awkward, "CREATE TABLE schema_version (version INT PRIMARY KEY NOT NULL, minor INT)")
		if _, err := d.SchemaVersion(t.Context()); !errors.Is(err, ErrNoVersion) {
			t.Fatalf("no row: %v", err)
		}
		s.in(t, awkward, "INSERT INTO schema_version VALUES (22, 2)")
		if v, err := d.SchemaVersion(t.Context()); err != nil || v != (Version{22, 2}) {
			t.Fatalf("got %v, %v", v, err)
		}
		s.in(t, awkward, "INSERT INTO schema_version VALUES (23, 0)")
		if _, err := d.SchemaVersion(t.Context()); !errors.Is(err, ErrNoVersion) {
			t.Fatalf("two rows: %v", err)
		}
	})
}

func TestDBCannotWrite(t *testing.T) {
	both(t, func(t *testing.T, s *server) {
		s.exec(t, "CREATE DATABASE kea")
		s.in(t, "kea", "CREATE TABLE t (a INT)")
		d := s.open(t, s.target("kea", "root", ""))
		for _, q := range []string{"INSERT INTO t VALUES (1)", "CREATE TABLE u (a INT)", "DROP TABLE t"} {
			if _, err := d.sql.ExecContext(t.Context(), q); err == nil {
				t.Errorf("%s was let through", q)
			}
		}
	})
}

func TestSessionsAndWhetherTheyAreAll(t *testing.T) {
	s := startServer(t)
	s.exec(t, "CREATE DATABASE kea",
		"CREATE USER kea@'%' IDENTIFIED BY 'pw'", "GRANT ALL ON kea.* TO kea@'%'",
		"CREATE USER other@'%' IDENTIFIED BY 'pw'", "GRANT ALL ON kea.* TO other@'%'",
		"CREATE USER seer@'%' IDENTIFIED BY 'pw'", "GRANT PROCESS ON *.* TO seer@'%'", "GRANT SELECT ON kea.* TO seer@'%'")
	_ = s.admin.Close() // its session would be a foreign one
	kea := s.open(t, s.tcp("kea", "kea", "pw"))
	list, all, err := kea.Sessions(t.Context())
	if err != nil || !all.All || len(list) != 1 || !list[0].Own || list[0].Port == 0 || list[0].Host != "127.0.0.1" || list[0].Database != "kea" {
		t.Fatalf("alone: %v %+v %v", list, all, err)
	}
	s.open(t, s.tcp("kea", "other", "pw"))
	list, all, err = kea.Sessions(t.Context())
	if err != nil || all.All || len(list) != 1 {
		t.Fatalf("with a hidden one: %v %+v %v", list, all, err)
	}
	seer := s.open(t, s.tcp("kea", "seer", "pw"))
	list, all, err = seer.Sessions(t.Context())
	if err != nil || !all.All || len(clients(list)) != 3 {
		t.Fatalf("with PROCESS: %v %+v %v", list, all, err)
	}
}

func clients(list []Session) (found []Session) {
	for _, s := range list {
		if s.Client() {
			found = append(found, s)
		}
	}
	return found
}

func TestIdentityIsTheDatabases(t *testing.T) {
	s := startServer(t)
	s.exec(t, "CREATE DATABASE kea", "CREATE DATABASE Kea2")
	socket, err := s.open(t, s.target("kea", "root", "")).Identity(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tcp, err := s.open(t, s.tcp("kea", "root", "")).Identity(t.Context())
	if err != nil || tcp.String() != socket.String() || tcp.Product != s.tools.product() || tcp.Role != RolePrimary || tcp.ReadOnly {
		t.Errorf("%+v and %+v, %v", socket, tcp, err)
	}
	second, err := s.open(t, s.tcp("Kea2", "root", "")).Identity(t.Context())
	if err != nil || second.String() == tcp.String() {
		t.Errorf("two schemas are one: %v, %v", second, err)
	}
	other, err := startServer(t, "--read-only").identity(t)
	if err != nil || other.String() == tcp.String() || !other.ReadOnly {
		t.Errorf("two servers are one: %+v, %v", other, err)
	}
}

func (s *server) identity(t *testing.T) (Identity, error) {
	s.exec(t, "CREATE DATABASE kea")
	return s.open(t, s.target("kea", "root", "")).Identity(t.Context())
}

func TestLock(t *testing.T) {
	both(t, func(t *testing.T, s *server) {
		s.exec(t, append([]string{"CREATE DATABASE kea"}, s.tools.account("kea", "kea")...)...)
		ctx := t.Context()
		target := s.tcp("kea", "kea", "pw")
		first, err := AcquireLock(ctx, dialHere, target, "kea_lockstep.kea")
		if err != nil {
			t.Fatal(err)
		}
		_, err = AcquireLock(ctx, dialHere, target, "kea_lockstep.kea")
		var held *LockHeldError
		if !errors.Is(err, ErrLockHeld) || !errors.As(err, &held) || held.Holder.ID != first.Session().ID || held.Holder.User != "kea" || held.Holder.Host != "127.0.0.1" {
			t.Fatalf("second: %v", err)
		}
		if own := first.Session(); own.Key == "" || own.Port == 0 || held.Holder.Key != own.Key || held.Holder.Port != own.Port {
			t.Errorf("the session that holds the lock is %+v to itself, and %+v to another", own, held.Holder)
		}
		other, err := AcquireLock(ctx, dialHere, target, "kea_lockstep.other")
		if err != nil {
			t.Fatalf("another name: %v", err)
		}
		if err := errors.Join(first.Release(ctx), other.Release(ctx)); err != nil {
			t.Fatal(err)
		}
		again, err := AcquireLock(ctx, dialHere, target, "kea_lockstep.kea")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.open(t, target).EndSession(ctx, again.Session().ID); err != nil {
			t.Fatal(err)
		}
		waitLost(t, again)
		if err := again.Release(ctx); !errors.Is(err, ErrLockLost) {
			t.Errorf("release of a lost lock: %v", err)
		}
	})
}

// A tunnel that swallows everything is as bad as a closed one. Its connection ends then, and holds the lock no longer.
func TestLockIsLostWithAStalledTunnel(t *testing.T) {
	both(t, func(t *testing.T, s *server) {
		s.exec(t, append([]string{"CREATE DATABASE kea"}, s.tools.account("kea", "kea")...)...)
		tunnel := newTunnel(t, s.tcp("", "", "").Addr)
		target := s.tcp("kea", "kea", "pw")
		target.Addr = tunnel.addr
		lock, err := AcquireLock(t.Context(), dialHere, target, "kea_lockstep.kea")
		if err != nil {
			t.Fatal(err)
		}
		close(tunnel.stall)
		waitLost(t, lock)
		end := time.After(10 * time.Second)
		for {
			again, err := AcquireLock(t.Context(), dialHere, s.tcp("kea", "kea", "pw"), "kea_lockstep.kea")
			if err == nil {
				if err := again.Release(t.Context()); err != nil {
					t.Error(err)
				}
				return
			}
			select {
			case <-time.After(50 * time.Millisecond):
			case <-end:
				t.Fatalf("it cannot be taken again: %v", err)
			}
		}
	})
}

// Nor does a question or an opening wait longer than its context.
func TestStalledTunnelHoldsNobody(t *testing.T) {
	both(t, func(t *testing.T, s *server) {
		s.exec(t, append([]string{"CREATE DATABASE kea"}, s.tools.account("kea", "kea")...)...)
		tunnel := newTunnel(t, s.tcp("", "", "").Addr)
		target := s.tcp("kea", "kea", "pw")
		target.Addr = tunnel.addr
		d := s.open(t, target)
		close(tunnel.stall)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		if _, err := d.ConnectionID(ctx); !errors.Is(err, ErrUnreachable) {
			t.Errorf("a question: %v", err)
		}
		target.ConnectTimeout = time.Second
		if _, err := Open(t.Context(), dialHere, target); !errors.Is(err, ErrUnreachable) {
			t.Errorf("an opening: %v", err)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

func waitLost(t *testing.T, l *Lock) {
	t.Helper()
	select {
	case <-l.Lost():
		if !errors.Is(l.Err(), ErrLockLost) {
			t.Errorf("Err is %v", l.Err())
		}
	case <-time.After(15 * time.Second):
		t.Fatal("the loss was not noticed")
	}
}

type tunnel struct {
	addr  string
	stall chan struct{}
}

func newTunnel(t *testing.T, to string) *tunnel {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	tun := &tunnel{l.Addr().String(), make(chan struct{})}
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(out, in)
				_ = out.Close()
			}()
			go tun.copy(in, out)
		}
	}()
	return tun
}

// copy passes on what the server says until the tunnel stalls.
func (u *tunnel) copy(to io.Writer, from io.Reader) {
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		select {
		case <-u.stall:
			return
		default:
		}
		if err != nil {
			return
		}
		_, _ = to.Write(buf[:n])
	}
}

// A question that was given up must not stay behind in the server, where it
// would keep a table from being altered.
func TestGivenUpQuestionsEnd(t *testing.T) {
	both(t, func(t *testing.T, s *server) {
		s.exec(t, "CREATE DATABASE kea")
		d := s.open(t, s.target("kea", "root", ""))
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		err := d.long(ctx, "sleeping", s.tools.sleep(), func(r *sql.Rows) error { var x any; return r.Scan(&x) })
		if err == nil {
			t.Error("it was answered")
		}
		for deadline := time.Now().Add(10 * time.Second); ; {
			list, _, err := d.Sessions(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			busy := slices.ContainsFunc(list, func(s Session) bool { return s.Client() && !s.Own && !s.Idle })
			if !busy {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("still there: %v", list)
			}
		}
	})
}

// A connection that broke, or that the server ended, is dialed again.
func TestBrokenConnectionIsDialedAgain(t *testing.T) {
	both(t, func(t *testing.T, s *server) {
		s.exec(t, append([]string{"CREATE DATABASE kea"}, s.tools.account("kea", "kea")...)...)
		target, ctx := s.tcp("kea", "kea", "pw"), t.Context()
		var last net.Conn
		d, err := Open(ctx, func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := dialHere(ctx, network, addr)
			last = conn
			return conn, err
		}, target)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		ask := func() uint64 {
			t.Helper()
			id, err := d.ConnectionID(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		first := ask()
		s.exec(t, s.tools.kill(first))
		second := ask()
		if second == first {
			t.Fatalf("connection %d was ended", first)
		}
		_ = last.Close()
		if third := ask(); third == second {
			t.Errorf("connection %d was closed", second)
		}
	})
}

// A connection that only looks says so to whoever lists the sessions, and nobody else's does.
func TestWhoOnlyLooksIsKnown(t *testing.T) {
	s := startServer(t)
	s.exec(t, "CREATE DATABASE kea", "CREATE USER kea@'%' IDENTIFIED BY 'pw'", "GRANT ALL ON *.* TO kea@'%'")
	scratch, err := OpenScratch(t.Context(), dialHere, s.tcp("", "kea", "pw"))
	if err != nil {
		t.Fatal(err)
	}
	defer scratch.Close()
	lookersAreKnown(t, s.open(t, s.tcp("kea", "kea", "pw")), s.open(t, s.tcp("kea", "kea", "pw")), scratch.db.sql)
}

func TestWhoOnlyLooksIsKnownInPostgreSQL(t *testing.T) {
	s := startPostgreSQL(t)
	s.exec(t, "CREATE DATABASE kea")
	s.exec(t, s.tools.account("kea", "kea")...)
	scratch, err := OpenScratch(t.Context(), dialHere, s.tcp("kea", "kea", "pw"))
	if err != nil {
		t.Fatal(err)
	}
	defer scratch.Close()
	lookersAreKnown(t, s.open(t, s.tcp("kea", "kea", "pw")), s.open(t, s.tcp("kea", "kea", "pw")), scratch.db.sql)
}

func lookersAreKnown(t *testing.T, asks, looks *DB, writes *sql.DB) {
	t.Helper()
	id, err := looks.ConnectionID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if known, err := asks.Looks(t.Context(), id); err != nil || !known {
		t.Errorf("one that only looks: %v, %v", known, err)
	}
	var writer uint64
	if err := writes.QueryRowContext(t.Context(), asks.dialect.words().connectionID).Scan(&writer); err != nil {
		t.Fatal(err)
	}
	for _, other := range []uint64{writer, 1 << 30} {
		if known, err := asks.Looks(t.Context(), other); err != nil || known {
			t.Errorf("session %d: %v, %v", other, known, err)
		}
	}
}
