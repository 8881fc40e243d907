package live

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// prober asks DHCPv4 servers for an address as a relay would. One socket serves all questions; answers are told apart by their
// transaction. It is open only while somebody waits: a port has one holder, and another kea-lockstep on this machine asks, too. A
// DISCOVER is never followed by a REQUEST, so nothing is leased.
type prober struct {
	mu      sync.Mutex
	conn    *net.UDPConn
	waiting map[dhcpv4.TransactionID]chan netip.Addr
}

const (
	relayPort  = 67
	offerTries = 3
	offerPause = 400 * time.Millisecond // how long one DISCOVER waits for its OFFER
	// portPatience is how long another may have the port: one round of questions.
	portPatience = 2 * time.Second
)

// offer asks a daemon for an OFFER. The address is the one from which the daemon's server would answer the relay.
func (f *Fleet) offer(ctx context.Context, d daemon, address string) fleet.Verdict {
	switch {
	case f.file.Confirm.DHCPProbe == nil:
		return fleet.Doubt("no probe is configured")
	case d.Daemon != kea.DHCP4:
		return fleet.Doubt("the probe speaks DHCPv4")
	}
	to, err := netip.ParseAddr(address)
	if err != nil {
		return fleet.Doubt("the server has no way to the relay %s", f.file.Confirm.DHCPProbe.Relay)
	}
	from := f.file.Confirm.DHCPProbe.Relay
	for range offerTries {
		given, err := f.prober.discover(ctx, from, to, f.random())
		if err != nil {
			return fleet.Doubt("the probe cannot ask: %v", err)
		}
		if given.IsValid() {
			return fleet.Affirm("it offered %s to a DISCOVER relayed by %s", given, from)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return fleet.Deny("no OFFER to %d DISCOVERs relayed by %s", offerTries, from)
}

func (f *Fleet) random() io.Reader {
	if f.options.Rand != nil {
		return f.options.Rand
	}
	return rand.Reader
}

// discover sends one DISCOVER and waits a moment for its OFFER; the zero address says that none came.
func (p *prober) discover(ctx context.Context, from, to netip.Addr, random io.Reader) (netip.Addr, error) {
	hardware := make(net.HardwareAddr, 6)
	if _, err := io.ReadFull(random, hardware); err != nil {
		return netip.Addr{}, err
	}
	hardware[0] = hardware[0]&^1 | 2 // of one machine, locally given
	m, err := dhcpv4.NewDiscovery(hardware, dhcpv4.WithRelay(from.AsSlice()))
	if err != nil {
		return netip.Addr{}, fmt.Errorf("making a DISCOVER: %w", err)
	}
	answer, err := p.expect(ctx, netip.AddrPortFrom(from, relayPort), m.TransactionID)
	if err != nil {
		return netip.Addr{}, err
	}
	defer p.forget(m.TransactionID)
	if err := p.send(m.ToBytes(), to); err != nil {
		return netip.Addr{}, err
	}
	select {
	case given := <-answer:
		return given, nil
	case <-time.After(offerPause):
	case <-ctx.Done():
	}
	return netip.Addr{}, nil
}

// expect waits for a transaction's answer. Where another program has the port just now, it is waited for.
func (p *prober) expect(ctx context.Context, from netip.AddrPort, id dhcpv4.TransactionID) (<-chan netip.Addr, error) {
	for end := time.Now().Add(portPatience); ; {
		answer, err := p.open(from, id)
		if !errors.Is(err, syscall.EADDRINUSE) || time.Now().After(end) {
			return answer, err
		}
		select {
		case <-time.After(portPatience / 20):
		case <-ctx.Done():
			return nil, err
		}
	}
}

// open opens the socket where that is still to be done.
func (p *prober) open(from netip.AddrPort, id dhcpv4.TransactionID) (<-chan netip.Addr, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn == nil {
		conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(from))
		if err != nil {
			return nil, err
		}
		p.conn, p.waiting = conn, map[dhcpv4.TransactionID]chan netip.Addr{}
		go p.receive(conn)
	}
	answer := make(chan netip.Addr, 1)
	p.waiting[id] = answer
	return answer, nil
}

// forget ends the wait for a transaction's answer, and closes the socket behind the last.
func (p *prober) forget(id dhcpv4.TransactionID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if delete(p.waiting, id); len(p.waiting) == 0 {
		_ = p.shut()
	}
}

func (p *prober) send(packet []byte, to netip.Addr) error {
	p.mu.Lock()
	conn := p.conn
	p.mu.Unlock()
	if conn == nil {
		return net.ErrClosed
	}
	_, err := conn.WriteToUDPAddrPort(packet, netip.AddrPortFrom(to, relayPort))
	return err
}

// receive hands OFFERs to those who wait for them, until the socket is closed.
func (p *prober) receive(conn *net.UDPConn) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		m, err := dhcpv4.FromBytes(buffer[:n])
		if err != nil || m.MessageType() != dhcpv4.MessageTypeOffer {
			continue
		}
		given, _ := netip.AddrFromSlice(m.YourIPAddr.To4())
		p.mu.Lock()
		if answer, ok := p.waiting[m.TransactionID]; ok {
			select {
			case answer <- given:
			default: // the second OFFER to the same DISCOVER
			}
		}
		p.mu.Unlock()
	}
}

func (p *prober) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shut()
}

func (p *prober) shut() error {
	if p.conn == nil {
		return nil
	}
	conn := p.conn
	p.conn = nil
	return conn.Close()
}
