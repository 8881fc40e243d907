//go:build lab

package product_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"kea-lockstep/lab"
	"kea-lockstep/lab/labtest"
	"kea-lockstep/lab/product"
	"kea-lockstep/lab/relay"
	"kea-lockstep/lab/witness"
)

// apart is a fleet whose leases are in a MariaDB and whose reservations are in a PostgreSQL.
func apart() lab.Spec { return lab.Spec{Servers: 2, Engine: lab.MySQL, Second: lab.PostgreSQL} }

// TestLeasesHereHostsThere upgrades servers that keep leases in one engine and reservations in another: both schemas go along, and no
// Kea runs against either of them at a version that is not its own.
func TestLeasesHereHostsThere(t *testing.T) {
	f := labtest.Up(t, apart())
	p := tool(t, f)
	client, reserved := reserve(t, f)
	survey := run(t, p, 0, "survey", "-o", "json")
	var seen struct {
		Groups []struct{ Servers, Databases []string }
	}
	if err := json.Unmarshal([]byte(survey.Stdout), &seen); err != nil {
		t.Fatalf("survey: %v\n%s", err, survey)
	}
	if len(seen.Groups) != 1 || len(seen.Groups[0].Servers) != 2 || len(seen.Groups[0].Databases) != 2 {
		t.Fatalf("groups: %+v", seen.Groups)
	}
	all := []product.Output{survey, run(t, p, 0, "check"), run(t, p, 0, "plan", "--to", "3.0.3", "-v")}
	sampler := product.Sample(t.Context())
	var upgrade product.Output
	report := watched(t, f, func() {
		upgrade = run(t, p, 0, "upgrade", "--to", "3.0.3", "--yes")
	})
	for _, line := range sampler.Stop() {
		t.Errorf("a password on a command line: %q", line)
	}
	for _, engine := range f.Engines() {
		moves(t, report, engine)
	}
	restsAt(t, f, "3.0.3")
	for _, server := range f.Servers {
		if got := offered(t, f, server, client); got != reserved {
			t.Errorf("%s offers %s to the client that %s is reserved for", server.Name, got, reserved)
		}
	}
	all = append(all, upgrade, run(t, p, 0, "check"), run(t, p, 0, "status"), run(t, p, 0, "report"))
	for _, out := range all {
		if product.HasSecret(out.String()) {
			t.Errorf("a password was shown:\n%s", out)
		}
	}
	leaks(t, f, p)
	if t.Failed() {
		t.Log(upgrade)
	}
}

// moves wants that the witness saw a schema begin at the old version and end at the target's.
func moves(t *testing.T, r witness.Report, engine lab.Engine) {
	t.Helper()
	var versions []string
	for _, c := range r.Schema {
		if c.Engine == engine {
			versions = append(versions, c.Version)
		}
	}
	if len(versions) < 2 || versions[0] != witness.Expects(engine, "2.6.3") || versions[len(versions)-1] != witness.Expects(engine, "3.0.3") {
		t.Errorf("the witness saw %s at %q", engine, versions)
	}
}

// reserve gives a client of the reservations another address in the second database: whoever offers it reads that one.
func reserve(t *testing.T, f *lab.Fleet) (client [6]byte, reserved netip.Addr) {
	t.Helper()
	_, err := f.On(f.Second).SQL(t.Context(), "UPDATE hosts SET ipv4_address = ipv4_address + 100 WHERE hostname = 'reserved-7';")
	if err != nil {
		t.Fatal(err)
	}
	return [6]byte{0x02, 0, 0, 0x5f, 0, 7}, netip.MustParseAddr("10.99.100.107")
}

// offered is the address that a server offers a client.
func offered(t *testing.T, f *lab.Fleet, server lab.Host, client [6]byte) netip.Addr {
	t.Helper()
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp4", netip.AddrPortFrom(f.Prober, relay.Port).String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const xid = 0x7e0f
	buffer := make([]byte, 2048)
	for range 20 {
		_, err := conn.WriteTo(relay.Discover(xid, client, f.Prober), net.UDPAddrFromAddrPort(netip.AddrPortFrom(server.Address, relay.Port)))
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(500 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		n, _, err := conn.ReadFrom(buffer)
		if err != nil {
			continue
		}
		if offer, ok := relay.ParseOffer(buffer[:n]); ok && offer.XID == xid {
			return offer.Address
		}
	}
	t.Errorf("%s offers nothing", server.Name)
	return netip.Addr{}
}

// refuse lets a database refuse to go beyond a version of the schema between the two releases; mend undoes it.
var refuse = map[lab.Engine]struct{ spoil, mend string }{
	lab.PostgreSQL: {
		spoil: `SET ROLE kea;
CREATE FUNCTION not_tonight() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''not tonight''; END';
CREATE TRIGGER not_tonight BEFORE UPDATE ON schema_version FOR EACH ROW WHEN (NEW.version > 24) EXECUTE FUNCTION not_tonight();`,
		mend: "DROP TRIGGER not_tonight ON schema_version; DROP FUNCTION not_tonight;",
	},
}

// TestFaultSecondMigration: the first of two databases is migrated and the other refuses. No Kea may run then, old or new: the run holds,
// and goes on once that is mended, or back with both.
func TestFaultSecondMigration(t *testing.T) {
	refused := func(s *struck) {
		_, err := s.fleet.On(s.fleet.Second).SQL(s.Context(), refuse[s.fleet.Second].spoil)
		s.no(err)
	}
	between := func(s *struck) {
		for i, engine := range s.fleet.Engines() {
			c, err := s.fleet.On(engine).Contents(s.Context())
			s.no(err)
			if at := c.Schema == witness.Expects(engine, "3.0.3"); at != (i == 0) {
				s.Errorf("%s is at %s: the first was to be migrated and the second was not", engine, c.Schema)
			}
		}
		out, err := s.tool.Run(s.Context(), "status")
		s.no(err)
		for _, says := range []string{"%s  schema 30.0\n", "%s:5432  schema was 22.2; its migration was begun\n"} {
			if says = fmt.Sprintf("    kea on "+says, s.fleet.DB.Address); !out.Says(says) {
				s.Errorf("status does not say %q\n%s", says, out)
			}
		}
		for _, server := range s.fleet.Servers {
			s.must(server.Name, "! pgrep -l '^kea-' && [ \"$(systemctl is-enabled kea-dhcp4-server)\" = masked ]")
		}
	}
	mended := func(s *struck) {
		between(s)
		_, err := s.fleet.On(s.fleet.Second).SQL(s.Context(), refuse[s.fleet.Second].mend)
		s.no(err)
	}
	says := []string{"not tonight", "kea-lockstep resume", "kea-lockstep rollback"}
	again := way{args: []string{"resume", "--yes"}, codes: []int{5}, says: says}
	faultsOn(t, apart(), []fault{
		{name: "refused by its database, and mended", given: refused, codes: []int{5}, says: says, mend: mended, on: []way{resume()}, blind: true},
		{name: "refused by its database, mended, and carried on from another machine", given: refused, codes: []int{5}, says: says, mend: func(s *struck) {
			mended(s)
			elsewhere(s)
		}, on: []way{from("k2", 0)}, blind: true},
		{name: "refused by its database, tried again, and taken back", given: refused, codes: []int{5}, says: says, mend: between, on: []way{again, rollback()}, blind: true},
	})
}

// TestBothDaemonsInOneDatabase upgrades two servers of which one, the canary or the other, serves DHCPv6 as well over the same database.
func TestBothDaemonsInOneDatabase(t *testing.T) {
	for _, server := range []string{"k1", "k2"} {
		t.Run(server, func(t *testing.T) { bothDaemons(t, server) })
	}
}

func bothDaemons(t *testing.T, server string) {
	f := labtest.Up(t, lab.Spec{Servers: 2, DHCPv6: server})
	p := tool(t, f)
	const leases6 = "SELECT COUNT(*) FROM lease6;"
	mustSQL(t, f, `INSERT INTO lease6 (address, duid, valid_lifetime, expire, subnet_id, pref_lifetime, lease_type, iaid, prefix_len, fqdn_fwd, fqdn_rev, hostname, state)
		SELECT INET6_ATON(CONCAT('2001:db8:1::', seq)), UNHEX(LPAD(HEX(seq), 12, '0')), 315360000, NOW() + INTERVAL 3650 DAY, 1, 315360000, 0, seq, 128, 0, 0, '', 0 FROM seq_1_to_3;`)
	var upgrade product.Output
	report := watched(t, f, func() {
		upgrade = run(t, p, 0, "upgrade", "--to", "3.0.3", "--yes")
	})
	for _, s := range f.Servers {
		var want, seen []string
		for _, daemon := range f.Daemons(s.Name) {
			want = append(want, daemon+" 2.6.3", daemon+" 3.0.3")
		}
		for _, process := range report.Processes {
			if process.Host == s.Name {
				seen = append(seen, fmt.Sprintf("%s %s", process.Daemon, process.Version))
			}
		}
		slices.Sort(want)
		slices.Sort(seen)
		if !slices.Equal(seen, want) {
			t.Errorf("%s: the witness saw %q, want %q", s.Name, seen, want)
		}
	}
	restsAt(t, f, "3.0.3")
	if left, err := f.SQL(t.Context(), leases6); err != nil || left != "3" {
		t.Errorf("of three leases of DHCPv6 there are %s (%v)", left, err)
	}
	run(t, p, 0, "check")
	if t.Failed() {
		t.Log(upgrade)
	}
}
