package dbcheck

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"errors"
	"testing"
	"time"
)

// answers is a connector that always ends alike.
type answers struct {
	err   error
	asked *int
}

func (a answers) Connect(context.Context) (driver.Conn, error) {
	*a.asked++
	return nil, a.err
}

func (answers) Driver() driver.Driver { return nil }

// TestEncryptionThatIsOnlyOffered: where it comes to nothing the way without is taken, and for no other reason.
func TestEncryptionThatIsOnlyOffered(t *testing.T) {
	other := errors.New("the way without")
	for _, c := range []struct {
		err   error
		plain int
	}{
		{tls.AlertError(40), 1},
		{tls.RecordHeaderError{Msg: "no TLS"}, 1},
		{errors.New("connection refused"), 0},
	} {
		first, second := 0, 0
		s := starter{Connector: answers{c.err, &first}, plain: answers{other, &second}, timeout: time.Second}
		_, err := s.Connect(t.Context())
		if first != 1 || second != c.plain || errors.Is(err, other) != (c.plain == 1) {
			t.Errorf("%v: asked %d and %d times: %v", c.err, first, second, err)
		}
	}
}
