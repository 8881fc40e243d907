package world

import (
	"net/netip"
	"testing"
)

// TestEachServerHasAnAddress of its own, that is one, and that no stranger or database has.
func TestEachServerHasAnAddress(t *testing.T) {
	seen := map[netip.Addr]int{netip.MustParseAddr("192.0.2.5"): 0, netip.MustParseAddr("192.0.2.77"): 0}
	for n := 1; n <= 1000; n++ {
		address, err := netip.ParseAddr(addressOf(n))
		if other, taken := seen[address]; err != nil || taken {
			t.Fatalf("server %d has the address %s, as number %d (%v)", n, addressOf(n), other, err)
		}
		seen[address] = n
	}
}
