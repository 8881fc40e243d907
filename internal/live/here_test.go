package live

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"testing"

	"kea-lockstep/dbcheck"
	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// greets answers every connection as a MySQL server does at first, with the number 4321.
func greets(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write(binary.LittleEndian.AppendUint32([]byte("\x20\x00\x00\x00\x0a11.8.6\x00"), 4321))
		}
	}()
	return l.Addr().String()
}

// TestConnectionsFromHereAreOurs: what leads to a database through no server is known by its number and its near end, while it lasts
// and after; what has one of them alone is somebody else's.
func TestConnectionsFromHereAreOurs(t *testing.T) {
	f := someFleet(t)
	dial, err := f.dial(entrance{ref: kea.DatabaseRef{Engine: kea.MySQL}}, account{via: fleet.ViaHere})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := dial(t.Context(), "tcp", greets(t))
	if err != nil {
		t.Fatal(err)
	}
	if !f.opening() {
		t.Error("no connection is being made")
	}
	if _, err := io.ReadFull(conn, make([]byte, 16)); err != nil {
		t.Fatal(err)
	}
	end := netip.MustParseAddrPort(conn.LocalAddr().String())
	ours := dbcheck.Session{ID: 4321, Host: "127.0.0.1", Port: int(end.Port())}
	sessions := func() map[string]bool {
		said := map[string]bool{"it": f.here.has(ours)}
		for name, change := range map[string]func(s *dbcheck.Session){
			"another number":  func(s *dbcheck.Session) { s.ID++ },
			"another port":    func(s *dbcheck.Session) { s.Port++ },
			"another address": func(s *dbcheck.Session) { s.Host = "192.0.2.9" },
			"a socket":        func(s *dbcheck.Session) { s.Host, s.Port = "localhost", 0 },
		} {
			other := ours
			change(&other)
			said[name] = f.here.has(other)
		}
		named := ours
		named.Host = "desk.example.net"
		said["it, by name"] = f.here.has(named)
		return said
	}
	for _, over := range []bool{false, true} {
		if over {
			_ = conn.Close()
		}
		for name, said := range sessions() {
			if said != (name == "it" || name == "it, by name") {
				t.Errorf("closed %t: %s: ours %t", over, name, said)
			}
		}
		if f.isOurs(4321) == over {
			t.Errorf("closed %t: serving %t", over, !over)
		}
	}
	all, err := f.attribute(t.Context(), fleet.Place{Server: "k1", Engine: kea.MySQL, Host: "localhost", Name: "kea"}, []dbcheck.Session{ours})
	if err != nil || len(all) != 1 || all[0].Owner != fleet.OwnerOurs {
		t.Errorf("%+v, %v", all, err)
	}
}

// TestTheWayToADatabase: the administrator's leads where the fleet file says, and Kea's always from where Kea is.
func TestTheWayToADatabase(t *testing.T) {
	at := fleet.Place{Server: "k1", Engine: kea.MySQL, Host: "192.0.2.5", Name: "kea", User: "kea"}
	t.Setenv("KEA_TEST_PASSWORD", "x")
	admin := &fleet.Account{User: "a", Password: fleet.SecretSource{Env: "KEA_TEST_PASSWORD"}}
	for via, want := range map[string]string{"": "k1", "k2": "k2", fleet.ViaHere: fleet.ViaHere} {
		f := someFleet(t, fleet.DatabaseEntry{Match: "192.0.2.5/kea", Via: via, Admin: admin})
		for as, want := range map[role]string{asAdmin: want, asKea: "k1", asOwner: "k1"} {
			who, err := f.account(context.Background(), at, kea.DatabaseRef{User: "kea"}, as)
			if err != nil || who.via != want {
				t.Errorf("via %q as %d: %q, %v", via, as, who.via, err)
			}
		}
	}
	f := someFleet(t)
	if _, err := f.dial(entrance{}, account{via: "k9"}); err == nil {
		t.Error("a way through nobody")
	}
}
