// Package cable makes networks for tests: network namespaces without a name, joined by cables that delay, lose and limit what
// passes, and can be cut. Nothing of them outlives the test process, however it ends. It takes root and /dev/net/tun.
//
// It is for tests alone, and imports nothing of this module.
package cable
