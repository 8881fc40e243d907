package dbcheck

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
)

// saying is a connection whose other end says so much.
type saying struct {
	net.Conn
	io.Reader
}

func (s saying) Read(p []byte) (int, error) { return s.Reader.Read(p) }

const loggedIn = "R\x00\x00\x00\x08\x00\x00\x00\x00" + "S\x00\x00\x00\x19client_encoding\x00UTF8\x00" +
	"K\x00\x00\x00\x0c\x00\x00\x30\x39\xca\xfe\xca\xfe" + "Z\x00\x00\x00\x05I"

func TestLoginHearsTheNumber(t *testing.T) {
	for name, tc := range map[string]struct {
		said   string
		number uint32
	}{
		"whole":            {loggedIn, 12345},
		"no number":        {"R\x00\x00\x00\x08\x00\x00\x00\x00" + "Z\x00\x00\x00\x05I", 0},
		"one after it":     {"Z\x00\x00\x00\x05I" + loggedIn, 0},
		"cut off":          {loggedIn[:40], 0},
		"no PostgreSQL":    {"\x00\x00\x00\x00\x01" + loggedIn, 0},
		"an endless one":   {"R\xff\xff\xff\xff" + loggedIn, 0},
		"a number too few": {"K\x00\x00\x00\x05\x01" + "Z\x00\x00\x00\x05I", 0},
	} {
		for _, pieces := range []io.Reader{strings.NewReader(tc.said), iotest.OneByteReader(strings.NewReader(tc.said))} {
			l := &login{Conn: saying{Reader: pieces}}
			if _, err := io.ReadAll(l); err != nil || l.number != tc.number {
				t.Errorf("%s: %d, %v", name, l.number, err)
			}
		}
	}
}

func FuzzLogin(f *testing.F) {
	f.Add([]byte(loggedIn))
	f.Add([]byte("K\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, said []byte) {
		whole, pieces := &login{Conn: saying{Reader: bytes.NewReader(said)}}, &login{Conn: saying{Reader: iotest.OneByteReader(bytes.NewReader(said))}}
		heard, err := io.ReadAll(whole)
		if err != nil || !bytes.Equal(heard, said) {
			t.Errorf("%q became %q, %v", said, heard, err)
		}
		if _, _ = io.ReadAll(pieces); pieces.number != whole.number {
			t.Errorf("%q: %d, and in pieces %d", said, whole.number, pieces.number)
		}
	})
}

func FuzzPostgreSQLQuote(f *testing.F) {
	f.Add(`kea"; DROP DATABASE x; --`)
	f.Fuzz(func(t *testing.T, name string) {
		q := postgresqlDialect{}.quote(name)
		if strings.ReplaceAll(q[1:len(q)-1], `""`, `"`) != name || strings.Contains(strings.ReplaceAll(q[1:len(q)-1], `""`, ""), `"`) {
			t.Errorf("%q became %q", name, q)
		}
	})
}

func TestKindsOfPostgreSQLErrors(t *testing.T) {
	for state, want := range map[string]error{
		"28P01": ErrAuth, "42501": ErrAuth, "3D000": ErrNoDatabase, "42P01": ErrNoSchema, "55P03": ErrLocked, "53300": ErrUnreachable,
		"57P01": ErrUnreachable, "57P03": ErrUnreachable, "08006": ErrUnreachable, "08P01": ErrUnreachable, "57014": nil, "42601": nil, "XX000": nil,
	} {
		err := fail("asking", &pq.Error{Code: pqerror.Code(state), Message: "the server's words"})
		var kind *Error
		if !errors.As(err, &kind) || !errors.Is(kind.Kind, want) || !strings.Contains(err.Error(), "the server's words") {
			t.Errorf("%s: %v", state, err)
		}
	}
}

// Everything is said in the question itself, and nothing to the session.
func TestQuestionsHaveManners(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := &postgresqlConn{readOnly: true}
	asked, err := c.question(ctx, "SELECT 1", nil)
	if err != nil || !strings.HasPrefix(asked, "SET TRANSACTION READ ONLY; ") || !strings.HasSuffix(asked, "; SELECT 1") {
		t.Errorf("%q, %v", asked, err)
	}
	for _, statement := range strings.Split(strings.TrimSuffix(asked, "; SELECT 1"), ";")[1:] {
		if !strings.HasPrefix(strings.TrimSpace(statement), "SET LOCAL ") {
			t.Errorf("%q stays", statement)
		}
	}
	if strings.Contains(asked, "statement_timeout = 0") {
		t.Errorf("the server would never give up: %q", asked)
	}
}
