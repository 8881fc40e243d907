package dbcheck

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/go-sql-driver/mysql"
	"github.com/lib/pq"
)

var (
	// ErrEngine is returned by Open for an engine that is not supported.
	ErrEngine = errors.New("database engine not supported")
	// ErrUnreachable is returned where no conversation with the server came
	// about, or it broke off: nothing is known about the database.
	ErrUnreachable = errors.New("no answer from the database server")
	// ErrAuth is returned where the server refuses the account, or what the
	// account asks for.
	ErrAuth = errors.New("access refused by the database server")
	// ErrTLS is returned where one side wants encryption and the other has none,
	// or the certificate does not hold.
	ErrTLS = errors.New("encryption failed")
	// ErrNoDatabase is returned where the server has no database of that name.
	ErrNoDatabase = errors.New("no such database")
	// ErrNoSchema is returned by SchemaVersion where the database has no table
	// schema_version. Kea would initialise such a database on its own when it
	// starts, and serve from it with no lease.
	ErrNoSchema = errors.New("no Kea schema in the database")
	// ErrNoVersion is returned by SchemaVersion where schema_version is there but
	// does not hold exactly one row.
	ErrNoVersion = errors.New("schema_version does not hold one row")
	// ErrLocked is returned where the server gave up waiting for a table that
	// somebody else holds, such as a running ALTER TABLE.
	ErrLocked = errors.New("held by another session")
)

// Error is a failure of a question to the database. Kind is one of this
// package's sentinels or nil; Err holds the server's own words.
type Error struct {
	Doing string
	Kind  error
	Err   error
}

// Error gives what was being done and the server's words verbatim.
func (e *Error) Error() string {
	switch {
	case e.Kind == nil:
		return fmt.Sprintf("%s: %v", e.Doing, e.Err)
	case e.Err == nil:
		return fmt.Sprintf("%s: %v", e.Doing, e.Kind)
	}
	return fmt.Sprintf("%s: %v: %v", e.Doing, e.Kind, e.Err)
}

// Unwrap gives the sentinel and the driver's error.
func (e *Error) Unwrap() []error {
	var all []error
	for _, err := range []error{e.Kind, e.Err} {
		if err != nil {
			all = append(all, err)
		}
	}
	return all
}

// fail wraps err with what was being done and finds its sentinel.
func fail(doing string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Doing: doing, Kind: kindOf(err), Err: err}
}

// kindOf maps a driver's error to a sentinel.
func kindOf(err error) error {
	var (
		mysqlError *mysql.MySQLError
		pqError    *pq.Error
		cert       *tls.CertificateVerificationError
		record     tls.RecordHeaderError
		name       x509.HostnameError
		signer     x509.UnknownAuthorityError
		alert      tls.AlertError
	)
	switch {
	case errors.As(err, &mysqlError):
		return mysqlKinds[mysqlError.Number]
	case errors.As(err, &pqError):
		return postgresqlKind(pqError.SQLState())
	case errors.Is(err, context.Canceled):
		return nil
	case errors.Is(err, ErrTLS), errors.Is(err, mysql.ErrNoTLS), errors.Is(err, pq.ErrSSLNotSupported), errors.As(err, &cert), errors.As(err, &record),
		errors.As(err, &name), errors.As(err, &signer), errors.As(err, &alert):
		return ErrTLS
	}
	return ErrUnreachable
}
