//go:build lab

package witness

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"kea-lockstep/lab/relay"
)

// firstClient is the transaction of the first client that wants a lease; rounds of the prober are far below.
const firstClient = 0x4c000000

// Lease lets so many new clients get a lease of a server, and waits until each has it.
func (w *Witness) Lease(ctx context.Context, server string, clients int) error {
	for _, s := range w.fleet.Servers {
		if s.Name == server {
			for range clients {
				if err := w.prober.lease(ctx, s.At()); err != nil {
					return fmt.Errorf("a lease of %s: %w", server, err)
				}
			}
			return nil
		}
	}
	return fmt.Errorf("a lease of %s: the fleet has no such server", server)
}

// lease goes through DISCOVER, OFFER, REQUEST and ACK as one more client.
func (p *prober) lease(ctx context.Context, server netip.Addr) error {
	p.mu.Lock()
	xid := firstClient + uint32(len(p.clients))
	client := [6]byte{0x02, 0x78, 0, 0, byte(xid >> 8), byte(xid)}
	p.clients[xid] = client
	p.mu.Unlock()
	for {
		_, _ = p.conn.WriteToUDPAddrPort(relay.Discover(xid, client, p.giaddr), netip.AddrPortFrom(server, relay.Port))
		p.mu.Lock()
		acked, arrived := p.acked[xid], p.arrived
		p.mu.Unlock()
		if acked {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-arrived:
		case <-time.After(time.Second): // a message may be lost
		}
	}
}

// answered goes on with what a server says to a client that wants a lease; false where it is to none.
func (p *prober) answered(packet []byte, from netip.AddrPort) bool {
	offer, offered := relay.ParseOffer(packet)
	ack, acked := relay.ParseAck(packet)
	p.mu.Lock()
	defer p.mu.Unlock()
	if client, ours := p.clients[offer.XID]; ours && offered {
		_, _ = p.conn.WriteToUDPAddrPort(relay.Request(client, p.giaddr, offer), from)
		return true
	}
	if _, ours := p.clients[ack.XID]; ours && acked {
		p.acked[ack.XID] = true
		close(p.arrived)
		p.arrived = make(chan struct{})
		return true
	}
	return false
}
