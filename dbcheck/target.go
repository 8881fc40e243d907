package dbcheck

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"
)

// Engine is the kind of database server, by the name that Kea's configuration
// gives it in "type".
type Engine string

const (
	// MySQL covers MySQL, MariaDB, Percona and Galera: Kea speaks to all of them
	// as "mysql".
	MySQL Engine = "mysql"
	// PostgreSQL is that of version 12 and younger.
	PostgreSQL Engine = "postgresql"
)

// Dialer opens a connection from the standpoint of one machine. The network is
// "tcp" (addr is host:port) or "unix" (addr is a socket's path).
type Dialer func(ctx context.Context, network, addr string) (net.Conn, error)

// Target says which database to open, where, and as whom.
type Target struct {
	Engine   Engine
	Network  string // "tcp" or "unix"
	Addr     string // host:port, or the path of a socket
	Name     string // the database; may be empty for Scratch only
	Schema   string // in PostgreSQL: the schema to look at; empty: the account's own way to Kea's tables
	User     string
	Password Password
	TLS      *tls.Config // nil: not encrypted
	// TLSOffered takes a connection without encryption, too, where a MySQL server
	// has none: TLS then keeps out who listens, and proves nobody.
	TLSOffered bool

	// ConnectTimeout bounds dialing and logging in; 0 means 10 s.
	ConnectTimeout time.Duration
	// QueryTimeout bounds a question whose context has no deadline; 0 means 30 s.
	// One that reads whole tables may take twenty times as long.
	QueryTimeout time.Duration
}

func (t Target) connectTimeout() time.Duration {
	if t.ConnectTimeout > 0 {
		return t.ConnectTimeout
	}
	return 10 * time.Second
}

func (t Target) queryTimeout() time.Duration {
	if t.QueryTimeout > 0 {
		return t.QueryTimeout
	}
	return 30 * time.Second
}

// String names the target without its password.
func (t Target) String() string {
	return fmt.Sprintf("%s database %q at %s as %s", t.Engine, t.Name, t.Addr, t.User)
}

// Password is a secret: every way of printing it shows the same mask. Convert
// it to string to use it.
type Password string

const passwordMask = "(secret)"

// String is the mask.
func (Password) String() string { return passwordMask }

// GoString is the mask.
func (Password) GoString() string { return passwordMask }

// Format writes the mask, whatever the verb.
func (Password) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, passwordMask) }

// MarshalText is the mask; encoding/json and YAML use it as well.
func (Password) MarshalText() ([]byte, error) { return []byte(passwordMask), nil }

// LogValue is the mask.
func (Password) LogValue() slog.Value { return slog.StringValue(passwordMask) }
