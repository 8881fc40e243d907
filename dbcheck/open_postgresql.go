package dbcheck

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/lib/pq"
)

// maintenance is the database that every server has, for Scratch without a name.
const maintenance = "postgres"

func (postgresqlDialect) connector(dial Dialer, target Target, readOnly bool) (driver.Connector, error) {
	cfg := pq.Config{
		User: target.User, Password: string(target.Password), Database: target.Name,
		Host:            target.Addr, // for messages: the dialer knows the way
		ApplicationName: application(readOnly),
		ClientEncoding:  "UTF8", Datestyle: "ISO, MDY",
		SSLMode:  pq.SSLModeDisable,  // the way encrypts: pq would add what this machine has for others,
		Passfile: os.DevNull + "/no", // its certificates and its passwords
	}
	if target.Schema != "" {
		cfg.Runtime = map[string]string{"search_path": postgresqlDialect{}.quote(target.Schema)}
	}
	if cfg.Database == "" {
		cfg.Database = maintenance
	}
	return postgresqlConnector{dial: dial, target: target, config: cfg, readOnly: readOnly}, nil
}

// application is the name that a connection gives itself.
func application(readOnly bool) string {
	if readOnly {
		return Look
	}
	return "kea-lockstep"
}

// postgresqlConnector makes connections that end when the context of what they
// are doing does. pq alone would ask the server to end, and wait for its answer
// for as long as there is none.
type postgresqlConnector struct {
	dial     Dialer
	target   Target
	config   pq.Config
	readOnly bool
}

// Driver is pq's.
func (postgresqlConnector) Driver() driver.Driver { return pq.Driver{} }

// Connect dials and logs in.
func (c postgresqlConnector) Connect(ctx context.Context) (driver.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.target.connectTimeout())
	defer cancel()
	connector, err := pq.NewConnectorConfig(c.config)
	if err != nil {
		return nil, err
	}
	line, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	heard := &login{Conn: line}
	connector.Dialer(newWay(heard, c.open))
	stop := context.AfterFunc(ctx, line.cut)
	conn, err := connector.Connect(ctx)
	if !stop() {
		err = context.Cause(ctx) // and not that the connection was closed
	}
	made, ok := conn.(pqConn)
	if err == nil && !ok {
		err = fmt.Errorf("a %T cannot be asked", conn)
	}
	if err != nil {
		line.cut()
		return nil, err
	}
	return &postgresqlConn{pqConn: made, cut: line.cut, number: heard.number, readOnly: c.readOnly}, nil
}

// line is a connection, encrypted or not, with the wire below it.
type line struct {
	net.Conn
	wire net.Conn
}

// cut breaks the line off: what is encrypted would say goodbye first, and wait to
// be heard.
func (l *line) cut() { _ = l.wire.Close() }

// open dials, and encrypts where that is wanted.
func (c postgresqlConnector) open(ctx context.Context) (*line, error) {
	wire, err := c.dial(ctx, c.target.Network, c.target.Addr)
	if err != nil {
		return nil, err
	}
	if c.target.TLS == nil {
		return &line{wire, wire}, nil
	}
	stop := context.AfterFunc(ctx, func() { _ = wire.Close() })
	defer stop()
	encrypted, err := encrypt(ctx, wire, c.target.TLS)
	if err != nil {
		_ = wire.Close()
		return nil, err
	}
	return &line{encrypted, wire}, nil
}

// sslRequest asks a server for encryption before anything else is said
// (PostgreSQL manual, "Message Formats").
const sslRequest = 80877103

func encrypt(ctx context.Context, conn net.Conn, config *tls.Config) (net.Conn, error) {
	ask := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 8), sslRequest)
	if _, err := conn.Write(ask); err != nil {
		return nil, err
	}
	answer := make([]byte, 1)
	if _, err := io.ReadFull(conn, answer); err != nil {
		return nil, err
	}
	if answer[0] != 'S' {
		return nil, pq.ErrSSLNotSupported
	}
	client := tls.Client(conn, config)
	return client, client.HandshakeContext(ctx)
}

// way is how pq dials: the first time it is given the connection that is there
// already, and later ones, with which it asks the server to end a query, are new.
type way struct {
	first atomic.Pointer[net.Conn]
	open  func(context.Context) (*line, error)
}

func newWay(first net.Conn, open func(context.Context) (*line, error)) *way {
	w := &way{open: open}
	w.first.Store(&first)
	return w
}

// DialContext leads to the target, whatever pq takes its address to be.
func (w *way) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	if first := w.first.Swap(nil); first != nil {
		return *first, nil
	}
	again, err := w.open(ctx)
	if err != nil {
		return nil, err
	}
	return again, nil
}

// Dial is DialContext without an end.
func (w *way) Dial(network, addr string) (net.Conn, error) {
	return w.DialContext(context.Background(), network, addr)
}

// DialTimeout is DialContext with an end.
func (w *way) DialTimeout(network, addr string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return w.DialContext(ctx, network, addr)
}
