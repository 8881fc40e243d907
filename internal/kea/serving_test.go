package kea

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func serving(t *testing.T, text string) Serving {
	t.Helper()
	cfg, err := ReadConfig("f", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return cfg.Serving
}

func TestServing(t *testing.T) {
	s := serving(t, `{ "Dhcp4": {
  "allocator": "random", "ip-reservations-unique": false, "host-reservation-identifiers": [ "flex-id", "duid" ],
  "subnet4": [ { "id": 1, "subnet": "10.1.0.5/16", "pools": [ { "pool": "10.1.0.10-10.1.0.19" }, { "pool": "10.1.1.0/24" } ] } ],
  "shared-networks": [ { "name": "n", "allocator": "flq", "reservations-global": true, "subnet4": [
    { "id": 2, "subnet": "10.2.0.0/16" },
    { "id": 3, "subnet": "10.3.0.0/16", "allocator": "iterative", "reservations-global": false } ] } ] } }`)
	if s.Problem != "" || s.UniqueReservations || !slices.Equal(s.Identifiers, []string{"duid", "flex-id"}) || len(s.GlobalReservations) != 1 ||
		s.GlobalReservations[0].Line != 4 {
		t.Errorf("read as %+v", s)
	}
	want := []struct {
		id        int
		prefix    string
		allocator string
	}{{1, "10.1.0.0/16", "random"}, {2, "10.2.0.0/16", "flq"}, {3, "10.3.0.0/16", "iterative"}}
	if len(s.Subnets) != len(want) {
		t.Fatalf("subnets: %+v", s.Subnets)
	}
	for i, w := range want {
		if got := s.Subnets[i]; got.ID != w.id || got.Prefix != netip.MustParsePrefix(w.prefix) || got.Allocator != w.allocator || got.PDAllocator != "iterative" {
			t.Errorf("subnet %d read as %+v", i, got)
		}
	}
	if p := s.Subnets[0].Pools; len(p) != 2 || p[0].String() != "10.1.0.10 - 10.1.0.19" || p[1].String() != "10.1.1.0 - 10.1.1.255" {
		t.Errorf("pools: %v", p)
	}
	if s.Subnets[0].At.String() != "f:3:16" {
		t.Errorf("subnet 1 is at %s", s.Subnets[0].At)
	}
}

func TestServingOfDHCPv6(t *testing.T) {
	s := serving(t, `{ "Dhcp6": { "pd-allocator": "random", "subnet6": [ { "id": 9, "subnet": "2001:db8::/32",
  "pools": [ { "pool": "2001:db8::/126" } ], "pd-pools": [ { "prefix": "2001:db8:8000::", "prefix-len": 34, "delegated-len": 56 } ] } ] } }`)
	if s.Problem != "" || !s.UniqueReservations || !slices.Equal(s.Identifiers, []string{"duid", "hw-address"}) || len(s.GlobalReservations) != 0 {
		t.Errorf("read as %+v", s)
	}
	p := s.Subnets[0].Pools
	if len(p) != 2 || p[0].String() != "2001:db8:: - 2001:db8::3" || p[0].Delegated || !p[1].Delegated ||
		p[1].String() != "2001:db8:8000:: - 2001:db8:bfff:ffff:ffff:ffff:ffff:ffff" || s.Subnets[0].PDAllocator != "random" {
		t.Errorf("pools: %+v", p)
	}
	if p[0].Overlaps(p[1]) || !p[1].Overlaps(Pool{First: p[1].Last, Last: p[1].Last, Delegated: true}) {
		t.Error("whether pools overlap is told wrongly")
	}
}

// What cannot be read of subnets is said with its place, and keeps nobody from the databases.
func TestServingThatCannotBeRead(t *testing.T) {
	for text, want := range map[string]string{
		`"subnet4": [ { "id": 1, "subnet": "10.1/16" } ]`:                                                     "f:1:27: subnet is not a prefix",
		`"subnet4": [ { "id": 1, "subnet": "10.1.0.0/16", "pools": [ { "pool": "10.1.0.9 - 10.1.0.1" } ] } ]`: "neither a range nor a prefix",
		`"subnet4": [ { "id": "1", "subnet": "10.1.0.0/16" } ]`:                                               "id must be a number",
		`"subnet4": { "id": 1 }`: "subnet4 must be a list",
		`"subnet4": [ { "id": 1, "subnet": "10.1.0.0/16", "pd-pools": [ { "prefix": "10.1.0.0", "prefix-len": 99 } ] } ]`: "prefix-len is out of range",
	} {
		if got := serving(t, `{ "Dhcp4": { `+text+` } }`).Problem; !strings.Contains(got, want) {
			t.Errorf("%s: said %q, want %q", text, got, want)
		}
	}
}
