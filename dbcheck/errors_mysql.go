package dbcheck

import (
	"errors"

	"github.com/go-sql-driver/mysql"
)

// Numbers are from the MySQL server error reference; MariaDB uses the same ones.
var mysqlKinds = map[uint16]error{
	1007: ErrExists,      // cannot create database, it exists
	1040: ErrUnreachable, // too many connections
	1044: ErrAuth,        // access denied to database
	1045: ErrAuth,        // access denied for user
	1049: ErrNoDatabase,  // unknown database
	1129: ErrUnreachable, // host blocked after many connection errors
	1130: ErrAuth,        // host not allowed to connect
	1142: ErrAuth,        // command denied to user for table
	1143: ErrAuth,        // command denied to user for column
	1146: ErrNoSchema,    // table does not exist
	1203: ErrUnreachable, // user has too many connections
	1205: ErrLocked,      // lock wait timeout
	1227: ErrAuth,        // privilege needed
	1370: ErrAuth,        // routine command denied
	1698: ErrAuth,        // access denied, no password used
	3159: ErrTLS,         // server wants secure transport
}

// asSyntax says whether the server did not understand the statement.
func asSyntax(err error) bool { return numbered(err, 1064) }

// asUnknownColumn says whether the server's version lacks a column.
func asUnknownColumn(err error) bool { return numbered(err, 1054) }

func numbered(err error, number uint16) bool {
	var server *mysql.MySQLError
	return errors.As(err, &server) && server.Number == number
}
