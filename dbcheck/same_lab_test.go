//go:build lab

package dbcheck

import (
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const meetName = "kea-lockstep.meet.0123456789abcdef"

// meet asks through one way whether each of the others leads to the same database, and whether nothing stayed behind.
func meet(t *testing.T, first *DB, others ...*DB) []Meeting {
	t.Helper()
	met, err := first.Meet(t.Context(), meetName, others)
	if err != nil {
		t.Fatal(err)
	}
	if left := first.sees(t.Context(), meetName, 0); left.Met != MetApart {
		t.Errorf("the lock is held still: %+v", left)
	}
	return met
}

// ask opens a database and asks who it is.
func (s *server) ask(t *testing.T, target Target) (*DB, Identity) {
	t.Helper()
	d := s.open(t, target)
	id, err := d.Identity(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d, id
}

// A socket, an address, a name and a proxy lead to one database; another database of the server is another.
func TestAllWaysToADatabaseMeet(t *testing.T) {
	both(t, func(t *testing.T, s *server) {
		s.exec(t, append([]string{"CREATE DATABASE kea", "CREATE DATABASE other"}, s.tools.account("kea", "kea")...)...)
		proxied, named := s.tcp("kea", "kea", "pw"), s.tcp("kea", "kea", "pw")
		proxied.Addr = newTunnel(t, proxied.Addr).addr
		named.Addr = fmt.Sprintf("localhost:%d", s.port)
		first, id := s.ask(t, s.target("kea", "root", ""))
		var others []*DB
		for _, target := range []Target{s.tcp("kea", "kea", "pw"), named, proxied} {
			other, is := s.ask(t, target)
			if is.String() != id.String() {
				t.Errorf("%s is %v, and %s is %v", first.Target().Addr, id, target.Addr, is)
			}
			others = append(others, other)
		}
		apart, is := s.ask(t, s.target("other", "root", ""))
		if is.String() == id.String() {
			t.Errorf("two databases are both %v", is)
		}
		met := meet(t, first, append(others, apart)...)
		if !slices.EqualFunc(met, []Met{MetSame, MetSame, MetSame, MetApart}, func(m Meeting, want Met) bool { return m.Met == want }) {
			t.Errorf("%+v", met)
		}
	})
}

// A copy of a machine says of itself what the machine says.
func TestAClonedServerIsFoundOut(t *testing.T) {
	both(t, func(t *testing.T, s *server) {
		made := append([]string{"CREATE DATABASE kea"}, s.tools.account("kea", "kea")...)
		s.exec(t, made...)
		copied := s.tools.clone(t, s, made)
		first, id := s.ask(t, s.tcp("kea", "kea", "pw"))
		second, is := copied.ask(t, copied.tcp("kea", "kea", "pw"))
		if is.String() != id.String() || is.Role == RoleReplica {
			t.Errorf("the clone tells that it is one: %v, not %v", is, id)
		}
		if met := meet(t, first, second); met[0].Met != MetApart || met[0].Saw == "" {
			t.Errorf("%+v", met)
		}
		// A proxy that spreads connections may lead the next one to the other.
		spread := s.tcp("kea", "kea", "pw")
		spread.Addr = spreader(t, s.tcp("", "", "").Addr, copied.tcp("", "", "").Addr)
		one, other := s.open(t, spread), s.open(t, spread)
		if met := meet(t, one, other); met[0].Met != MetApart {
			t.Errorf("through a proxy that spreads: %+v", met)
		}
	})
}

// spreader is a proxy that leads each connection to the next server.
func spreader(t *testing.T, servers ...string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	var next atomic.Int32
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", servers[int(next.Add(1))%len(servers)])
			if err != nil {
				return
			}
			for _, way := range [][2]net.Conn{{in, out}, {out, in}} {
				go func() {
					_, _ = io.Copy(way[0], way[1])
					_ = way[0].Close()
				}()
			}
		}
	}()
	return l.Addr().String()
}

// clone starts a server on the same port of another address, whose data are like the first one's and where these are: what a
// machine's copy has. The server's own uid is made of a network card's address and the port.
func (mariadbTools) clone(t *testing.T, s *server, made []string) *server {
	t.Helper()
	from, dir := filepath.Dir(s.socket), t.TempDir()
	run(t, "mariadb-install-db", "--no-defaults", "--user=root", "--datadir="+filepath.Join(dir, "data"), "--skip-test-db", "--auth-root-authentication-method=normal")
	mounted := []string{"unshare", "--mount", "sh", "-c", `mount --bind "$0" "$1"; shift; exec "$@"`, filepath.Join(dir, "data"), filepath.Join(from, "data")}
	copied := serveMariaDB(t, dir, s.port, mounted, "--bind-address=127.0.0.2", "--datadir="+filepath.Join(from, "data"))
	copied.host = "127.0.0.2"
	copied.exec(t, made...)
	return copied
}

// clone starts another server over a copy of the data, which goes its own way.
func (postgresqlTools) clone(t *testing.T, s *server, _ []string) *server {
	t.Helper()
	copied := s.standby(t)
	copied.in(t, "postgres", "SELECT pg_promote()")
	return copied
}

// replication is how a server of MySQL's kind forgets what it logged, how another follows it from there on, and no longer.
func replication(port int) (forgets string, follows []string, stops string) {
	if *oracleRoot != "" {
		return "RESET BINARY LOGS AND GTIDS", []string{fmt.Sprintf("CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = %d, "+
			"SOURCE_USER = 'follower', SOURCE_PASSWORD = 'pw', GET_SOURCE_PUBLIC_KEY = 1", port), "START REPLICA"}, "STOP REPLICA"
	}
	return "RESET MASTER", []string{fmt.Sprintf("CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = %d, MASTER_USER = 'follower', "+
		"MASTER_PASSWORD = 'pw', MASTER_USE_GTID = slave_pos", port), "START SLAVE"}, "STOP SLAVE"
}

// A replica says whom it follows, to accounts that may ask, and is known as one to others while it runs.
func TestAReplicaNamesItsPrimary(t *testing.T) {
	s, replica := startServer(t, "--log-bin", "--server-id=7"), startServer(t, "--server-id=8")
	s.exec(t, "CREATE USER follower@'%' IDENTIFIED BY 'pw'", "GRANT REPLICATION SLAVE ON *.* TO follower@'%'")
	forgets, follows, stops := replication(s.port)
	s.exec(t, forgets)
	replica.exec(t, follows...)
	s.exec(t, append([]string{"CREATE DATABASE kea"}, s.tools.account("kea", "kea")...)...)
	for deadline := time.Now().Add(60 * time.Second); ; {
		d, err := Open(t.Context(), dialHere, replica.tcp("kea", "kea", "pw"))
		if err == nil {
			_ = d.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("nothing was replicated: %v", err)
		}
		<-time.After(50 * time.Millisecond)
	}
	primary, is := s.ask(t, s.tcp("kea", "root", ""))
	follower, id := replica.ask(t, replica.tcp("kea", "root", ""))
	from := fmt.Sprintf("127.0.0.1:%d", s.port)
	if want := []Source{{Addr: from, Server: is.Called}}; id.Role != RoleReplica || is.Role != RolePrimary || !slices.Equal(id.Sources, want) || !strings.Contains(id.RoleSaw, from) || id.String() == is.String() {
		t.Errorf("a replica: %+v of %+v", id, is)
	}
	if met := meet(t, primary, follower); met[0].Met != MetApart {
		t.Errorf("a replica keeps locks to itself: %+v", met)
	}
	untold, says := RoleReplica, "may not ask"
	if *oracleRoot != "" { // which counts its replication threads for nobody
		untold, says = RoleUnknown, "REPLICATION CLIENT"
	}
	if _, id := replica.ask(t, replica.tcp("kea", "kea", "pw")); id.Role != untold || len(id.Sources) != 0 || !strings.Contains(id.RoleSaw, says) {
		t.Errorf("to an account that may not ask: %+v: %v, %s", id, id.Role, id.RoleSaw)
	}
	replica.exec(t, stops)
	if _, id := replica.ask(t, replica.tcp("kea", "root", "")); id.Role != RoleReplica {
		t.Errorf("stopped: %+v", id)
	}
	if _, id := replica.ask(t, replica.tcp("kea", "kea", "pw")); id.Role != RoleUnknown {
		t.Errorf("stopped, to an account that may not ask: %+v", id)
	}
}

// A standby has its primary's identity, and says where that is to accounts that are told.
func TestAStandbyNamesItsPrimary(t *testing.T) {
	s := startPostgreSQL(t)
	s.exec(t, append([]string{"CREATE DATABASE kea"}, s.tools.account("kea", "kea")...)...)
	standby := s.standby(t)
	want := fmt.Sprintf("%s:%d", filepath.Dir(s.socket), s.port)
	for deadline := time.Now().Add(60 * time.Second); ; {
		_, id := standby.ask(t, standby.target("kea", "root", ""))
		if id.Role != RoleReplica {
			t.Fatalf("a standby: %+v", id)
		}
		if slices.Equal(id.Sources, []Source{{Addr: want}}) && strings.Contains(id.RoleSaw, want) && !strings.Contains(id.RoleSaw, "password") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("what it follows: %+v, not %s", id, want)
		}
	}
	if _, id := standby.ask(t, standby.tcp("kea", "kea", "pw")); id.Role != RoleReplica || len(id.Sources) != 0 || !strings.Contains(id.RoleSaw, "pg_monitor") {
		t.Errorf("to an account that is not told: %+v", id)
	}
}

// An account that is not told who the server is takes it for another; a lock shows that it is not.
func TestAnUntoldAccountMeets(t *testing.T) {
	s := startPostgreSQL(t)
	s.exec(t, append([]string{"CREATE DATABASE kea", "CREATE DATABASE other"}, s.tools.account("kea", "kea")...)...)
	s.in(t, "kea", "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
	told, is := s.ask(t, s.target("kea", "root", ""))
	untold, id := s.ask(t, s.tcp("kea", "kea", "pw"))
	if id.String() == is.String() || !id.Weak || is.Weak {
		t.Fatalf("%+v and %+v", id, is)
	}
	other, _ := s.ask(t, s.target("other", "root", ""))
	if met := meet(t, untold, told, other); met[0].Met != MetSame || met[1].Met != MetApart {
		t.Errorf("%+v", met)
	}
}

// What was not held to the end proves nothing.
func TestAMeetingThatBreaksOffProvesNothing(t *testing.T) {
	both(t, func(t *testing.T, s *server) {
		s.exec(t, "CREATE DATABASE kea")
		first, second := s.open(t, s.target("kea", "root", "")), s.open(t, s.target("kea", "root", ""))
		_ = second.Close()
		if met := meet(t, first, second); met[0].Met != MetUnknown || met[0].Saw == "" {
			t.Errorf("%+v", met)
		}
		_ = first.Close()
		if _, err := first.Meet(t.Context(), meetName, nil); !errors.Is(err, ErrUnreachable) {
			t.Errorf("%v", err)
		}
	})
}
