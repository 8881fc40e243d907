//go:build lab

package lab

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Spec says what fleet is wanted. Its zero value is three servers at Kea 2.6.3 that share a MariaDB, with a target of
// 3.0.3, under the name "lab".
type Spec struct {
	Name    string  // of the fleet: lower-case letters, digits and dashes, at most 20
	Servers int     // k1 .. kN
	From    string  // the Kea version that the servers have: 2.2.0 (Debian 12's), or Debian 13's own where nothing is said
	Target  string  // the Kea version named in fleet.yaml; what is next for servers From that version, where nothing is said
	Engine  Engine  // of the shared database
	Second  Engine  // of a second one, which has the reservations; empty: the one has both
	DHCPv6  string  // the server that runs kea-dhcp6 as well, over the same databases; empty: none
	CPU     float64 // how much of one CPU each host has; 0: all of them together have this machine's
	Origin  Origin  // of the servers' Kea
	Last    Origin  // of the last server's, where it has others than the rest
	Access  Access  // how Kea gets into the database
	Via     string  // of the administrator's connections in fleet.yaml; empty: nothing is said
	Disk    uint64  // bytes that each host may write before its disk is full, kept in this machine's memory; 0: no limit
}

var fleetName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,19}$`)

func (s Spec) withDefaults() (Spec, error) {
	if s.Name == "" {
		s.Name = "lab"
	}
	if s.Servers == 0 {
		s.Servers = 3
	}
	if s.From != "" && olderSuites[s.From] == "" {
		return s, fmt.Errorf("the lab has no Kea %s to begin with", s.From)
	}
	if s.Target == "" && s.From != "" {
		s.Target = "2.6.3"
	}
	if s.Target == "" {
		s.Target = "3.0.3"
	}
	if s.Engine == "" {
		s.Engine = MySQL
	}
	if s.Origin == "" {
		s.Origin = Debian
	}
	if s.Last == "" {
		s.Last = s.Origin
	}
	s.Access = s.Access.withDefaults()
	if !fleetName.MatchString(s.Name) {
		return s, fmt.Errorf("a fleet's name is %s, not %q", fleetName, s.Name)
	}
	if s.Servers < 1 || s.Servers > 50 {
		return s, fmt.Errorf("a fleet has 1 to 50 servers, not %d", s.Servers)
	}
	if s.Engine != MySQL && s.Engine != PostgreSQL && s.Engine != OracleMySQL {
		return s, fmt.Errorf("a fleet's database is %s, %s or %s, not %q", MySQL, PostgreSQL, OracleMySQL, s.Engine)
	}
	for _, o := range []Origin{s.Origin, s.Last} {
		if !slices.Contains(origins, o) {
			return s, fmt.Errorf("a fleet's Kea is that of one of %s, not of %q", origins, o)
		}
	}
	if s.Second != "" && (s.Second != MySQL && s.Second != PostgreSQL || s.Second == s.Engine) {
		return s, fmt.Errorf("reservations apart from the leases are on the other of %s and %s, not on %q", MySQL, PostgreSQL, s.Second)
	}
	if s.Second != "" && s.Access != (Access{}).withDefaults() {
		return s, fmt.Errorf("of two databases both have the lab's own names, without TLS")
	}
	if n, ok := strings.CutPrefix(s.DHCPv6, "k"); s.DHCPv6 != "" {
		if number, err := strconv.Atoi(n); !ok || err != nil || number < 1 || number > s.Servers {
			return s, fmt.Errorf("no server is called %q", s.DHCPv6)
		}
	}
	if s.CPU < 0 || s.CPU > 0 && s.CPU < 0.05 {
		return s, fmt.Errorf("a host does not run on %g of a CPU", s.CPU)
	}
	if s.Disk != 0 && s.Disk < 64<<20 {
		return s, fmt.Errorf("a host does not boot with a disk of %d bytes", s.Disk)
	}
	return s, nil
}

// base makes what the fleet's hosts are laid over, where it is not there yet.
func (s Spec) base(ctx context.Context, log io.Writer) (Base, error) {
	if s.From != "" {
		return EnsureOlder(ctx, s.From, log)
	}
	return EnsureBase(ctx, log)
}

// DatabaseHost is the name of the host that runs the database.
const DatabaseHost = "db"

// Addresses within a fleet's network, 10.77.X.0/24: the last octet.
const (
	proberOctet   = 1
	witnessOctet  = 2
	databaseOctet = 5
	serverOctet   = 10 // plus the server's number
)

func address(index, octet int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, 77, byte(index), byte(octet)})
}
