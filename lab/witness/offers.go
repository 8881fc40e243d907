//go:build lab

package witness

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"kea-lockstep/lab"
	"kea-lockstep/lab/relay"
)

// prober asks every server for an address, as a relay, and notes when each answered.
type prober struct {
	conn    *net.UDPConn
	giaddr  netip.Addr
	servers map[netip.Addr]string

	mu      sync.Mutex
	offers  map[string][]time.Time
	arrived chan struct{}      // closed and made anew at each OFFER
	clients map[uint32][6]byte // that want a lease, by their transaction
	acked   map[uint32]bool    // those that have it
}

func newProber(ctx context.Context, fleet *lab.Fleet) (*prober, error) {
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) {
			// A DHCP server or relay of this machine itself may hold the port on all its addresses.
			_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
		})
	}}
	conn, err := config.ListenPacket(ctx, "udp4", fmt.Sprintf("%s:%d", fleet.Witness, relay.Port))
	if err != nil {
		return nil, fmt.Errorf("listening as a relay: %w", err)
	}
	socket, ok := conn.(*net.UDPConn)
	if !ok {
		return nil, fmt.Errorf("listening as a relay: %T is no UDP socket", conn)
	}
	p := &prober{
		conn: socket, giaddr: fleet.Witness, servers: map[netip.Addr]string{},
		offers: map[string][]time.Time{}, arrived: make(chan struct{}), clients: map[uint32][6]byte{}, acked: map[uint32]bool{},
	}
	for _, s := range fleet.Servers {
		p.servers[s.At()] = s.Name
	}
	return p, nil
}

// ask sends one DISCOVER to each server. A server that is off is no error: it does not answer, and that is the finding.
func (p *prober) ask(round uint32) {
	// Each round is another client, so that a server that still thinks about one round does not ignore the next.
	client := [6]byte{0x02, 0x77, 0, 0, byte(round >> 8), byte(round)}
	for addr := range p.servers {
		_, _ = p.conn.WriteToUDPAddrPort(relay.Discover(round, client, p.giaddr), netip.AddrPortFrom(addr, relay.Port))
	}
}

// listen notes OFFERs until the socket is closed.
func (p *prober) listen() {
	buffer := make([]byte, 2048)
	for {
		n, from, err := p.conn.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return
		}
		now := time.Now()
		server, ours := p.servers[from.Addr().Unmap()]
		if ours && p.answered(buffer[:n], from) {
			continue
		}
		if _, ok := relay.ParseOffer(buffer[:n]); !ok || !ours {
			continue
		}
		p.mu.Lock()
		p.offers[server] = append(p.offers[server], now)
		close(p.arrived)
		p.arrived = make(chan struct{})
		p.mu.Unlock()
	}
}

// await waits until the server has given an OFFER after the given time.
func (p *prober) await(ctx context.Context, server string, after time.Time) error {
	for {
		p.mu.Lock()
		given, arrived := p.offers[server], p.arrived
		p.mu.Unlock()
		if len(given) > 0 && given[len(given)-1].After(after) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for an OFFER of %s: %w", server, ctx.Err())
		case <-arrived:
		}
	}
}
