//go:build lab

package relay

import (
	"encoding/binary"
	"net/netip"
)

// Port is the one that servers listen on, and that relays are answered on.
const Port = 67

const (
	bootRequest, bootReply = 1, 2
	discover, offer        = 1, 2
	optionMessageType      = 53
	optionServerID         = 54
	optionsAt              = 240
)

var cookie = [4]byte{99, 130, 83, 99}

// Discover is a DHCPDISCOVER of the client with that hardware address, relayed by giaddr (RFC 2131, section 2 and 4.1).
func Discover(xid uint32, client [6]byte, giaddr netip.Addr) []byte {
	packet := make([]byte, optionsAt, 300)
	packet[0], packet[1], packet[2], packet[3] = bootRequest, 1, 6, 1
	binary.BigEndian.PutUint32(packet[4:], xid)
	relay := giaddr.As4()
	copy(packet[24:28], relay[:])
	copy(packet[28:34], client[:])
	copy(packet[236:240], cookie[:])
	packet = append(packet, optionMessageType, 1, discover, 255)
	return append(packet, make([]byte, 300-len(packet))...)
}

// Offer is what an answer says. Address is the offered one, Server the one in the server identifier.
type Offer struct {
	XID             uint32
	Address, Server netip.Addr
}

// ParseOffer reads a DHCPOFFER; false means that the packet is something else.
func ParseOffer(packet []byte) (Offer, bool) {
	if len(packet) < optionsAt || packet[0] != bootReply || [4]byte(packet[236:240]) != cookie {
		return Offer{}, false
	}
	got := Offer{XID: binary.BigEndian.Uint32(packet[4:]), Address: netip.AddrFrom4([4]byte(packet[16:20]))}
	isOffer := false
	for rest := packet[optionsAt:]; len(rest) > 0 && rest[0] != 255; {
		if rest[0] == 0 {
			rest = rest[1:]
			continue
		}
		if len(rest) < 2 || len(rest) < 2+int(rest[1]) {
			return Offer{}, false
		}
		value := rest[2 : 2+int(rest[1])]
		switch {
		case rest[0] == optionMessageType && len(value) == 1:
			isOffer = value[0] == offer
		case rest[0] == optionServerID && len(value) == 4:
			got.Server = netip.AddrFrom4([4]byte(value))
		}
		rest = rest[2+len(value):]
	}
	return got, isOffer
}
