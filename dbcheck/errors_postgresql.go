package dbcheck

import "strings"

// postgresqlKind maps a SQLSTATE (PostgreSQL manual, "Error Codes"), the whole of
// it or its class.
func postgresqlKind(state string) error {
	if kind, ok := postgresqlKinds[state]; ok {
		return kind
	}
	if strings.HasPrefix(state, "08") || strings.HasPrefix(state, "57P") {
		return ErrUnreachable // connection exceptions, and a server that stops, starts or ends the session
	}
	return nil
}

var postgresqlKinds = map[string]error{
	"28000": ErrAuth,        // no entry in pg_hba.conf, no such role, no login
	"28P01": ErrAuth,        // wrong password
	"3D000": ErrNoDatabase,  // no such database
	"3F000": ErrNoSchema,    // no such schema
	"42501": ErrAuth,        // insufficient privilege
	"42P01": ErrNoSchema,    // no such table
	"42P04": ErrExists,      // cannot create database, it exists
	"53300": ErrUnreachable, // too many connections
	"55006": ErrLocked,      // the database is in use
	"55P03": ErrLocked,      // lock timeout
}
