// Package dbcheck asks a database what Kea's schema in it looks like: its
// version, structure, identity, sessions, sizes, privileges and settings. It
// holds the advisory lock that names a driver to others, makes and drops
// scratch databases, and classifies what an interrupted migration left behind.
//
// It reaches the server through a dial function that it is given, so that
// every answer is from the standpoint of the machine behind that function.
//
// A DB only looks: its session, or each of its questions, is read-only, and the
// server itself refuses a write through it. Two other types do more, and are opened apart: Scratch makes
// and drops databases whose names begin with ScratchPrefix and no others, and
// Lock holds an advisory lock.
//
// What is asked is the same for every server, and how one kind of server is asked
// it is that kind's dialect: MySQL's and MariaDB's in the files *_mysql.go,
// PostgreSQL's in *_postgresql.go.
//
// What it must never do: change a database of Kea's, run kea-admin, or read
// Kea's configuration. It imports the standard library and the database
// drivers, and no other package of this module.
package dbcheck
