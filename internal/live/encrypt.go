package live

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
)

// sslRequest asks a PostgreSQL server for encryption before anything else is said (PostgreSQL manual, "Message Formats").
const sslRequest = 80877103

// encryptedIfOffered encrypts a connection to a PostgreSQL server that offers it, and asks for no certificate: PostgreSQL's client
// library, and Kea with it, does so by itself ("prefer"), and a server may take no other connections.
func encryptedIfOffered(ctx context.Context, conn net.Conn) (net.Conn, error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	offered, err := offers(conn)
	if err != nil || !offered {
		return conn, err
	}
	client := tls.Client(conn, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12})
	if err := client.HandshakeContext(ctx); err != nil {
		return conn, fmt.Errorf("encrypting the connection: %w", err)
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
