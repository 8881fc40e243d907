package kea

import (
	"net/netip"
	"slices"
	"strings"
)

// Serving is what a configuration file says of the clients that the daemon
// serves, as far as servers that share a database have to agree on it. What
// the configuration backend adds is in its database, not here.
type Serving struct {
	Subnets []Subnet
	// GlobalReservations are where global reservations are looked up:
	// reservations-global is true, or before 2.6.0 reservation-mode "global".
	GlobalReservations []Position
	// UniqueReservations is ip-reservations-unique: an address is reserved at
	// most once in a subnet.
	UniqueReservations bool
	// Identifiers are those by which reservations are looked up, sorted:
	// host-reservation-identifiers, or Kea's default.
	Identifiers []string
	// Problem says why not everything could be read, with file, line and
	// column; the rest is then not to be relied on. It keeps nobody from reading
	// the databases.
	Problem string
}

// Subnet is an entry of subnet4 or subnet6, within a shared network or not.
type Subnet struct {
	ID     int // 0 where it has none: before 2.6.0 Kea counts by itself
	Prefix netip.Prefix
	Pools  []Pool
	// Allocator and PDAllocator choose addresses and delegated prefixes:
	// iterative (the default), random, flq or shared-flq.
	Allocator, PDAllocator string
	At                     Position
}

// Pool is a range of addresses, or with Delegated of prefixes that are
// delegated.
type Pool struct {
	First, Last netip.Addr
	Delegated   bool
}

// String is the pool as Kea writes it: "10.0.0.1 - 10.0.0.9".
func (p Pool) String() string { return p.First.String() + " - " + p.Last.String() }

// Overlaps reports whether an address is in both pools.
func (p Pool) Overlaps(q Pool) bool {
	return p.Delegated == q.Delegated && p.First.Compare(q.Last) <= 0 && q.First.Compare(p.Last) <= 0
}

// identifiersBefore are Kea's own, where the configuration names none.
func identifiersBefore(daemon DaemonKind) []string {
	if daemon == DHCP6 {
		return []string{"duid", "hw-address"}
	}
	return []string{"circuit-id", "client-id", "duid", "hw-address"}
}

// readServing reads what it can; the first thing that it cannot is the Problem.
func readServing(daemon DaemonKind, top *node) Serving {
	f := &fields{}
	s := Serving{UniqueReservations: f.flag(top, "ip-reservations-unique", true), Identifiers: identifiersBefore(daemon)}
	if list := f.value(top, "host-reservation-identifiers", listNode, "a list in brackets"); list != nil {
		s.Identifiers = nil
		for _, item := range list.items {
			s.Identifiers = append(s.Identifiers, item.text)
		}
		slices.Sort(s.Identifiers)
	}
	walk(top, "", func(path string, at mark, n *node) {
		key := path[strings.LastIndexByte(path, '.')+1:]
		if key == "reservations-global" && n.text == "true" || key == "reservation-mode" && n.text == "global" {
			s.GlobalReservations = append(s.GlobalReservations, at.position())
		}
	})
	key := "subnet4"
	if daemon == DHCP6 {
		key = "subnet6"
	}
	outer := allocatorsOf(f, top, allocators{"iterative", "iterative"})
	s.addSubnets(f, f.sections(top, key), outer)
	for _, network := range f.sections(top, "shared-networks") {
		inner := allocatorsOf(f, network, outer)
		s.addSubnets(f, f.sections(network, key), inner)
	}
	if f.err != nil {
		s.Problem = f.err.Error()
	}
	return s
}

// allocators are those for addresses and for delegated prefixes.
type allocators [2]string

// allocatorsOf are those of a map: its own, or those of what is around it.
func allocatorsOf(f *fields, n *node, outer allocators) allocators {
	for i, key := range []string{"allocator", "pd-allocator"} {
		if own := f.text(n, key); own != "" {
			outer[i] = own
		}
	}
	return outer
}

// addSubnets leaves out one without a prefix, which is none.
func (s *Serving) addSubnets(f *fields, subnets []*node, outer allocators) {
	for _, n := range subnets {
		if subnet := readSubnet(f, n, outer); subnet.Prefix.IsValid() {
			s.Subnets = append(s.Subnets, subnet)
		}
	}
}

func readSubnet(f *fields, n *node, outer allocators) Subnet {
	own := allocatorsOf(f, n, outer)
	s := Subnet{ID: f.number(n, "id"), Allocator: own[0], PDAllocator: own[1], At: n.start.position()}
	s.Prefix = f.prefix(n, "subnet")
	for _, p := range f.sections(n, "pools") {
		if pool, ok := f.pool(p); ok {
			s.Pools = append(s.Pools, pool)
		}
	}
	for _, p := range f.sections(n, "pd-pools") {
		addr, err := netip.ParseAddr(f.text(p, "prefix"))
		if err != nil {
			f.fail(p, "this entry of pd-pools has no prefix that can be read")
			continue
		}
		if whole := netip.PrefixFrom(addr, f.number(p, "prefix-len")); whole.IsValid() {
			pool := poolOf(whole)
			pool.Delegated = true
			s.Pools = append(s.Pools, pool)
		} else {
			f.fail(p, "prefix-len is out of range")
		}
	}
	return s
}

func (f *fields) prefix(n *node, key string) netip.Prefix {
	p, err := netip.ParsePrefix(strings.TrimSpace(f.text(n, key)))
	if err != nil {
		f.fail(n, "%s is not a prefix such as 192.0.2.0/24", key)
		return netip.Prefix{}
	}
	return p.Masked()
}

// pool reads both forms: "192.0.2.10 - 192.0.2.20" and "192.0.2.0/26".
func (f *fields) pool(n *node) (Pool, bool) {
	text := f.text(n, "pool")
	if first, last, ranged := strings.Cut(text, "-"); ranged {
		a, errA := netip.ParseAddr(strings.TrimSpace(first))
		b, errB := netip.ParseAddr(strings.TrimSpace(last))
		if errA == nil && errB == nil && a.BitLen() == b.BitLen() && a.Compare(b) <= 0 {
			return Pool{First: a, Last: b}, true
		}
	} else if p, err := netip.ParsePrefix(strings.TrimSpace(text)); err == nil {
		return poolOf(p), true
	}
	f.fail(n, "this pool is neither a range nor a prefix")
	return Pool{}, false
}

// poolOf is the pool of all addresses of a prefix.
func poolOf(p netip.Prefix) Pool {
	first := p.Masked().Addr()
	last := first.AsSlice()
	for i := p.Bits(); i < len(last)*8; i++ {
		last[i/8] |= 1 << (7 - i%8)
	}
	end, _ := netip.AddrFromSlice(last)
	return Pool{First: first, Last: end}
}
