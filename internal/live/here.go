package live

import (
	"context"
	"net"
	"net/netip"
	"sync"

	"kea-lockstep/dbcheck"
	"kea-lockstep/internal/fleet"
)

// here is this machine, from which an administrator's connections may lead to a database without a server between. In the
// database's list of sessions they come from no server of the fleet: number and both ends tell that they are ours.
type here struct {
	server // it has a name of no server, and is none of the fleet's

	ends sync.Map // netip.AddrPort of each connection's near end, also of those that are over: a database may not have noticed
}

// dialer opens connections from here, and learns their numbers as a server's does.
func (h *here) dialer(dial func(ctx context.Context, network, address string) (net.Conn, error), in entrance) dbcheck.Dialer {
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	return dialer(func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		end, err := netip.ParseAddrPort(conn.LocalAddr().String())
		if err != nil {
			return conn, nil // and nothing of it will be known as ours
		}
		h.ends.Store(netip.AddrPortFrom(end.Addr().Unmap(), end.Port()), true)
		return conn, nil
	}, &h.server, in)
}

// has says whether a session is a connection from here: by its number, and by its near end, since two database servers may give
// two connections one number. A database that gives a name in place of the address still tells the port.
func (h *here) has(s dbcheck.Session) bool {
	if s.Port == 0 || !h.knows(s.ID) {
		return false
	}
	address, err := netip.ParseAddr(s.Host)
	found := false
	h.ends.Range(func(key, _ any) bool {
		end, ok := key.(netip.AddrPort)
		found = ok && int(end.Port()) == s.Port && (err != nil || end.Addr() == address.Unmap())
		return !found
	})
	return found
}

// knows says whether a connection from here has, or had, that number.
func (h *here) knows(number uint64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.own[number] > 0 || h.former[number]
}

// dial gives the way to a database from where an account connects.
func (f *Fleet) dial(in entrance, who account) (dbcheck.Dialer, error) {
	via, err := f.server(who.via)
	switch {
	case err == nil:
		return via.dialer(in), nil
	case who.via == fleet.ViaHere:
		return f.here.dialer(f.options.Dial, in), nil
	}
	return nil, err
}

// standpoints are all machines that connections of ours come from.
func (f *Fleet) standpoints() []*server {
	all := []*server{&f.here.server}
	for _, s := range f.servers {
		all = append(all, s)
	}
	return all
}
