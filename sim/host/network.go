package host

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"kea-lockstep/sim/shell"
)

// theNetwork is the number of the only network namespace that a server has.
const theNetwork = "4026531840"

// nsenter is there to be found: every process is in the server's one network.
func nsenter(c *shell.Call) int { return c.Unknown("another network") }

// ss lists connections over TCP, with the first column where unix sockets are asked for too.
func (h *Host) ss(c *shell.Call) int {
	if len(c.Args) != 2 {
		return c.Unknown("this use of ss")
	}
	first := ""
	switch c.Args[1] {
	case "-tnxpH":
		first = "tcp   "
	case "-tnpH":
	default:
		return c.Unknown("this use of ss")
	}
	line := func(port int, peer, name string, pid int) {
		fmt.Fprintf(c.Out(), "%sESTAB 0 0 %s:%d %s users:((\"%s\",pid=%d,fd=9))\n", first, h.Address(), port, peer, name, pid)
	}
	for _, d := range h.world.Daemons() {
		line(d.Port, h.where, string(d.Kind), d.PID)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, port := range slices.Sorted(maps.Keys(h.ends)) {
		e := h.ends[port]
		line(port, e.peer, e.name, e.pid)
	}
	return 0
}

// ip gives the server's addresses.
func (h *Host) ip(c *shell.Call) int {
	if strings.Join(c.Args[1:], " ") != "-o addr show" {
		return c.Unknown("this use of ip")
	}
	fmt.Fprintf(c.Out(), "1: lo    inet 127.0.0.1/8 scope host lo\n2: eth0    inet %s/24 scope global eth0\n", h.Address())
	return 0
}

// getent knows addresses alone: the simulated network has no names.
func (h *Host) getent(c *shell.Call) int {
	if len(c.Args) != 3 || c.Args[1] != "ahosts" {
		return c.Unknown("this use of getent")
	}
	ip, err := netip.ParseAddr(c.Args[2])
	if err != nil {
		return 2
	}
	fmt.Fprintf(c.Out(), "%s STREAM %s\n", ip, ip)
	return 0
}
