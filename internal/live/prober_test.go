package live

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

// The port of the relay has one holder, and a drive asks for an hour: it holds the port only while somebody waits for an answer.
func TestThePortOfTheRelayIsShared(t *testing.T) {
	free, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	at := free.LocalAddr().(*net.UDPAddr).AddrPort()
	_ = free.Close()
	at = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	var one, other prober
	first, second := dhcpv4.TransactionID{1}, dhcpv4.TransactionID{2}
	if _, err := one.open(at, first); err != nil {
		t.Fatal(err)
	}
	if _, err := one.open(at, second); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
	defer cancel()
	one.forget(first)
	if _, err := other.expect(short, at, first); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("while one waits still: %v", err)
	}
	waited := make(chan error)
	go func() {
		_, err := other.expect(t.Context(), at, first)
		waited <- err
	}()
	one.forget(second)
	if err := <-waited; err != nil {
		t.Errorf("once nobody waits: %v", err)
	}
	if err := other.close(); err != nil {
		t.Error(err)
	}
	other.forget(first)
	if err := one.close(); err != nil {
		t.Error(err)
	}
}
