package kea

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Config is what an upgrade has to know of one daemon's configuration.
type Config struct {
	Daemon DaemonKind
	// Path is the file that the daemon was started with.
	Path string
	// Files are the path of the configuration and then of every file that it
	// includes, in the order of their first inclusion.
	Files     []string
	Databases []DatabaseRef
	// LeaseFile tells where leases are when they are in no database: the type is memfile.
	LeaseFile *LeaseFile
	Sockets   []ControlSocket
	HA        []HARelationship
	Hooks     []Hook
	// Serving is what it serves, for servers that share a database to agree on.
	Serving Serving
	// Settings are the other keys whose meaning changed between releases; see Breaks.
	Settings []Setting
}

// Position is a place in one file, as an editor counts: lines and columns
// (in bytes) from 1. Offset is in bytes from 0.
type Position struct {
	File   string
	Line   int
	Column int
	Offset int
}

// String is "file:line:column", the form that editors and terminals open.
func (p Position) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column) }

// DatabaseRef is a database as one configuration names it. The same place
// used for several things (leases and hosts) is one DatabaseRef.
type DatabaseRef struct {
	Engine   Engine
	Host     string // as written; empty and "localhost" mean this machine
	Port     int    // 0 where the configuration names none
	Name     string // Kea's default is "keatest", which ReadConfig does not put here
	User     string
	Password Password
	// PasswordFile is where the password is, since 3.3.1.
	PasswordFile string
	Uses         []Use
	ReadOnly     bool
	TLS          TLS
	// Recoveries are as many as places of the configuration that name the
	// database: Kea opens a connection for each.
	Recoveries     []Recovery
	ConnectTimeout time.Duration // 0 where the configuration names none; Kea then waits 5 s
	At             Position
}

// Recovery is what the daemon does when the connection for one use is lost
// (ARM, database-connectivity.rst).
type Recovery struct {
	Use               Use
	OnFail            string // empty is Kea's default
	MaxReconnectTries int
	ReconnectWait     time.Duration
	RetryOnStartup    bool
	At                Position
}

// Reconnects reports whether the daemon tries to reconnect at all: both
// numbers are 0 by default, and either switches it off.
func (r Recovery) Reconnects() bool { return r.MaxReconnectTries > 0 && r.ReconnectWait > 0 }

// TLS is how the connection to a database is secured, as the configuration says it.
type TLS struct {
	TrustAnchor, CertFile, KeyFile, CipherList string
	SSLMode                                    string // PostgreSQL, since 3.1.0
}

// Enabled reports whether the configuration asks for TLS at all.
func (t TLS) Enabled() bool {
	return t != TLS{} && t.SSLMode != "disable"
}

// EffectivePort is the port that the daemon connects to.
func (d DatabaseRef) EffectivePort() int {
	if d.Port != 0 {
		return d.Port
	}
	return d.Engine.DefaultPort()
}

// Localhost reports whether the database is on the daemon's own machine by
// its name. For MySQL this means the unix socket and the port is ignored;
// 127.0.0.1 is TCP and therefore not localhost.
func (d DatabaseRef) Localhost() bool { return d.Host == "" || d.Host == "localhost" }

// Socket reports whether the daemon reaches the database over a unix socket.
func (d DatabaseRef) Socket() bool {
	return d.Host == "" || d.Engine == MySQL && d.Localhost() || d.Engine == PostgreSQL && strings.HasPrefix(d.Host, "/")
}

// Loopback reports whether the daemon reaches the database over the loopback device by its name: each network namespace has one of its own.
func (d DatabaseRef) Loopback() bool {
	ip, err := netip.ParseAddr(d.Host)
	return err == nil && ip.Unmap().IsLoopback() || !d.Socket() && d.Localhost()
}

// Key is "host:port/name" ("[::1]:3306/kea"), without secrets: equal keys on one server mean one
// database. "localhost" of two servers is two databases, with the same key.
func (d DatabaseRef) Key() string {
	host := d.Host
	if host == "" {
		host = "localhost"
	}
	return net.JoinHostPort(host, strconv.Itoa(d.EffectivePort())) + "/" + d.Name
}

// String is the key with its engine, for messages.
func (d DatabaseRef) String() string { return string(d.Engine) + " " + d.Key() }

// SyntaxError says where a configuration cannot be read. The position is that
// of the file that holds the text, which may be an included one.
type SyntaxError struct {
	File         string
	Line, Column int // from 1
	Message      string
}

// Error is "file:line:column: message".
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}
