package live

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"

	"kea-lockstep/dbcheck"
)

// sslRequest asks a PostgreSQL server for encryption before anything else is said (PostgreSQL manual, "Message Formats").
const sslRequest = 80877103

// encrypted encrypts a connection to a PostgreSQL server. One that has no encryption is spoken to without where that is enough:
// PostgreSQL's client library, and Kea with it, does so by itself ("prefer"). Errors: dbcheck.ErrTLS.
func encrypted(ctx context.Context, conn net.Conn, with *tls.Config, ifOffered bool) (net.Conn, error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	offered, err := offers(conn)
	switch {
	case err != nil:
		return conn, err
	case !offered && ifOffered:
		return conn, nil
	case !offered:
		return conn, fmt.Errorf("%w: the server has none, and its configuration here asks for it", dbcheck.ErrTLS)
	}
	client := tls.Client(conn, with)
	if err := client.HandshakeContext(ctx); err != nil {
		return conn, fmt.Errorf("%w: %w", dbcheck.ErrTLS, err)
	}
	return client, nil
}

func offers(conn net.Conn) (bool, error) {
	ask := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 8), sslRequest)
	if _, err := conn.Write(ask); err != nil {
		return false, fmt.Errorf("asking for encryption: %w", err)
	}
	answer := make([]byte, 1)
	if _, err := io.ReadFull(conn, answer); err != nil {
		return false, fmt.Errorf("asking for encryption: %w", err)
	}
	switch answer[0] {
	case 'S':
		return true, nil
	case 'N':
		return false, nil
	}
	return false, fmt.Errorf("asked for encryption, the server answers %q", answer)
}
