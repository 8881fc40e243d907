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
	request, ack           = 3, 5
	optionAddress          = 50
	optionMessageType      = 53
	optionServerID         = 54
	optionsAt              = 240
)

var cookie = [4]byte{99, 130, 83, 99}

// Discover is a DHCPDISCOVER of the client with that hardware address, relayed by giaddr (RFC 2131, section 2 and 4.1).
func Discover(xid uint32, client [6]byte, giaddr netip.Addr) []byte {
	return message(xid, client, giaddr, optionMessageType, 1, discover)
}

// Request is the DHCPREQUEST of the client that takes an offer.
func Request(client [6]byte, giaddr netip.Addr, o Offer) []byte {
	address, server := o.Address.As4(), o.Server.As4()
	options := append([]byte{optionMessageType, 1, request, optionAddress, 4}, address[:]...)
	return message(o.XID, client, giaddr, append(append(options, optionServerID, 4), server[:]...)...)
}

func message(xid uint32, client [6]byte, giaddr netip.Addr, options ...byte) []byte {
	packet := make([]byte, optionsAt, 300)
	packet[0], packet[1], packet[2], packet[3] = bootRequest, 1, 6, 1
	binary.BigEndian.PutUint32(packet[4:], xid)
	relay := giaddr.As4()
	copy(packet[24:28], relay[:])
	copy(packet[28:34], client[:])
	copy(packet[236:240], cookie[:])
	packet = append(append(packet, options...), 255)
	return append(packet, make([]byte, 300-len(packet))...)
}

// Offer is what an answer says. Address is the offered one, Server the one in the server identifier.
type Offer struct {
	XID             uint32
	Address, Server netip.Addr
}

// ParseOffer reads a DHCPOFFER; false means that the packet is something else.
func ParseOffer(packet []byte) (Offer, bool) { return parse(packet, offer) }

// ParseAck reads a DHCPACK: the lease is the client's.
func ParseAck(packet []byte) (Offer, bool) { return parse(packet, ack) }

func parse(packet []byte, kind byte) (Offer, bool) {
	if len(packet) < optionsAt || packet[0] != bootReply || [4]byte(packet[236:240]) != cookie {
		return Offer{}, false
	}
	got := Offer{XID: binary.BigEndian.Uint32(packet[4:]), Address: netip.AddrFrom4([4]byte(packet[16:20]))}
	isKind := false
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
			isKind = value[0] == kind
		case rest[0] == optionServerID && len(value) == 4:
			got.Server = netip.AddrFrom4([4]byte(value))
		}
		rest = rest[2+len(value):]
	}
	return got, isKind
}
