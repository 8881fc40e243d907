package live

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"io"
	"net"
	"net/http/httptest"
	"testing"
)

// talk gives the connection that comes of a server's answer to the wish for encryption, after which the server says serve's words.
func talk(t *testing.T, answer string, serve func(net.Conn) error) (net.Conn, error) {
	t.Helper()
	near, far := net.Pipe()
	served := make(chan error, 1)
	go func() {
		ask := make([]byte, 8)
		_, err := io.ReadFull(far, ask)
		if got := hex.EncodeToString(ask); err == nil && got != "0000000804d2162f" {
			t.Errorf("the server is asked %s", got)
		}
		if err == nil {
			_, err = far.Write([]byte(answer))
		}
		if err == nil {
			err = serve(far)
		}
		served <- err
	}()
	t.Cleanup(func() {
		_ = near.Close()
		_ = far.Close()
		<-served
	})
	return encrypted(t.Context(), near, &tls.Config{InsecureSkipVerify: true}, true)
}

func TestConnectionsAreEncryptedWhereTheServerOffersIt(t *testing.T) {
	const words = "K\x00\x00\x00\x0c\x00\x00\x10\xe1secr"
	web := httptest.NewUnstartedServer(nil)
	web.StartTLS()
	defer web.Close()
	for answer, serve := range map[string]func(net.Conn) error{
		"N": func(conn net.Conn) error {
			_, err := conn.Write([]byte(words))
			return err
		},
		"S": func(conn net.Conn) error {
			_, err := tls.Server(conn, &tls.Config{Certificates: web.TLS.Certificates}).Write([]byte(words))
			return err
		},
	} {
		conn, err := talk(t, answer, serve)
		if err != nil {
			t.Fatalf("answered %s: %v", answer, err)
		}
		f := someFleet(t)
		ours := f.servers["k1"].numbered(conn, keyData)
		if !f.opening() {
			t.Errorf("answered %s: no connection is being made", answer)
		}
		if _, err := io.ReadFull(ours, make([]byte, len(words))); err != nil {
			t.Fatalf("answered %s: %v", answer, err)
		}
		if !f.isOurs(4321) || f.opening() {
			t.Errorf("answered %s: the connection is not known by its number", answer)
		}
	}
	for _, answer := range []string{"E", "H"} {
		if _, err := talk(t, answer, func(net.Conn) error { return nil }); err == nil {
			t.Errorf("answered %s, and all is well", answer)
		}
	}
}

// A server that is silent must not hold up whoever has no more time.
func TestASilentServerIsLeft(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, _ = io.ReadFull(far, make([]byte, 8))
		cancel()
	}()
	if _, err := encrypted(ctx, near, &tls.Config{InsecureSkipVerify: true}, true); err == nil {
		t.Error("it waited, and all is well")
	}
}
