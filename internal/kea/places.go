package kea

import (
	"path"
	"time"
)

// LeaseFile is a memfile lease database. Kea converts it by itself.
type LeaseFile struct {
	Path    string // empty where the configuration names none
	Persist bool
	At      Position
}

// ControlSocket is where the daemon takes commands.
type ControlSocket struct {
	Type     string // "unix", "http" or "https"
	Path     string // unix: socket-name, as written, possibly a bare file name
	Address  string // http: socket-address, or the control agent's http-host
	Port     int    // http: socket-port, or the control agent's http-port; Kea's default is 8000
	TLS      bool
	Auth     bool // http: the configuration asks for authentication
	Listed   bool // it stands in control-sockets (2.7.2 and later), not in control-socket
	CertAuth bool // http: a client certificate is required
	At       Position
}

// HARelationship is one entry of the HA hook's high-availability list.
type HARelationship struct {
	ThisServer string
	Mode       string // load-balancing, hot-standby, passive-backup
	// SendLeaseUpdates and SyncLeases are both false where the servers share
	// a database (ARM, "Lease Information Sharing").
	SendLeaseUpdates, SyncLeases bool
	HeartbeatDelay               time.Duration
	MaxResponseDelay             time.Duration
	RestrictCommands             *bool // nil where not named: false before 3.0.0, true since
	Peers                        []HAPeer
	At                           Position
}

// HAPeer is a server of an HA relationship, this server among them.
type HAPeer struct{ Name, URL, Role string }

// Hook is an entry of hooks-libraries.
type Hook struct {
	Library string // as written: a path, or since 2.7.9 a bare file name
	At      Position
}

// File is the library's file name.
func (h Hook) File() string { return path.Base(h.Library) }

// Setting is a key of the configuration and where it stands.
type Setting struct {
	Key  string // the path of keys from the top, list indexes left out: "Dhcp4.subnet4.reservation-mode"
	Text string // the value where it is a number, text, true or false; never a secret
	// Missing says that the key should stand in the map at At, and does not.
	Missing bool
	At      Position
}
