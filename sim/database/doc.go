// Package database is the fleet's database: a MariaDB, as far as kea-lockstep and the scripts speak to one. It speaks MySQL's
// protocol, parses the SQL that it is asked and answers it from tables that are made of the world's state: information_schema
// from the structure of the schema that the world says is there, sessions from the world's daemons and from who is connected.
//
// It is no database: statements that it does not know are errors (1064), and a dump holds what the model knows of a database
// (schema, leases, writes) in a statement of its own.
package database
