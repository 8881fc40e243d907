// Package relay speaks just enough DHCP to ask a server, as a relay agent, whether it serves: a DISCOVER goes out, an OFFER
// comes back. It is an encoder of its own, so that the product is not judged by its own code. It imports nothing.
package relay
