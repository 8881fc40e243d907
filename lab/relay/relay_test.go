//go:build lab

package relay

import (
	"encoding/binary"
	"net/netip"
	"testing"
)

// answer turns a DISCOVER into the OFFER that a server would give.
func answer(request []byte, kind byte) []byte {
	reply := append([]byte(nil), request[:optionsAt]...)
	reply[0] = bootReply
	copy(reply[16:20], []byte{10, 99, 200, 1})
	return append(reply, 0, optionServerID, 4, 10, 77, 0, 11, optionMessageType, 1, kind, 255)
}

func TestAnOfferIsTheAnswerToADiscover(t *testing.T) {
	giaddr := netip.MustParseAddr("10.77.0.2")
	request := Discover(0xCAFE, [6]byte{2, 0, 0, 0, 0, 1}, giaddr)
	if len(request) != 300 {
		t.Errorf("a DISCOVER has %d bytes; BOOTP servers expect at least 300", len(request))
	}
	if got := netip.AddrFrom4([4]byte(request[24:28])); got != giaddr {
		t.Errorf("giaddr is %s", got)
	}
	if got := binary.BigEndian.Uint32(request[4:]); got != 0xCAFE {
		t.Errorf("xid is %x", got)
	}
	got, ok := ParseOffer(answer(request, offer))
	want := Offer{XID: 0xCAFE, Address: netip.MustParseAddr("10.99.200.1"), Server: netip.MustParseAddr("10.77.0.11")}
	if !ok || got != want {
		t.Errorf("got %v, %v; want %v", got, ok, want)
	}
	if _, ok := ParseAck(answer(request, offer)); ok {
		t.Error("an OFFER counts as an ACK")
	}
	taken := Request([6]byte{2, 0, 0, 0, 0, 1}, giaddr, got)
	if given, ok := ParseAck(answer(taken, ack)); !ok || given != want || len(taken) != 300 {
		t.Errorf("got %v, %v of %d bytes; want %v", given, ok, len(taken), want)
	}
	if _, ok := ParseOffer(answer(request, 6)); ok {
		t.Error("a NAK counts as an OFFER")
	}
	if _, ok := ParseOffer(request); ok {
		t.Error("our own DISCOVER counts as an OFFER")
	}
}

func FuzzParseOffer(f *testing.F) {
	request := Discover(1, [6]byte{}, netip.MustParseAddr("10.77.0.2"))
	f.Add(answer(request, offer))
	f.Add(request)
	f.Fuzz(func(t *testing.T, packet []byte) {
		if _, ok := ParseOffer(packet); ok && packet[0] != bootReply {
			t.Error("something that is no reply counts as an OFFER")
		}
	})
}
