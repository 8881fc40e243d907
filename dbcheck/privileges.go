package dbcheck

import "context"

// Purpose is what an account is to be used for.
type Purpose int

const (
	// ToLook: seeing every session. Without it Sessions often cannot tell.
	ToLook Purpose = iota + 1
	// ToMigrate: running kea-admin db-upgrade.
	ToMigrate
	// ToDump: a dump with triggers, events and routines.
	ToDump
	// ToScratch: making, filling and dropping scratch databases.
	ToScratch
	// ToRestore: dropping what is in the database and reading a dump into it.
	// Owners of a PostgreSQL database may.
	ToRestore
	// ToDefine: making triggers and routines that are another account's, as a dump
	// does which has them. PostgreSQL asks for nothing more.
	ToDefine
	// ToDefineForRoot: the same where the other account is MySQL's own root.
	ToDefineForRoot
	// ToReadCopy: what the account that restores from a copy within the server needs
	// besides ToRestore: reading a scratch database of MySQL's, and having a schema
	// beside Kea's in PostgreSQL.
	ToReadCopy
)

// Privileges are what an account may do, as the server says of it and of the
// roles that are active in its session.
type Privileges struct {
	Account string // as the server knows it, and as Settings.Definers has it
	rights  rights
}

// rights are an account's, in one kind of server.
type rights interface {
	lacks(purpose Purpose) []Lack
}

// Lack is a privilege that is missing, and the statement with which somebody
// who may grants it.
type Lack struct {
	Privilege string
	Statement string
}

// Privileges reads them. One round trip for PostgreSQL, three for MySQL.
func (d *DB) Privileges(ctx context.Context) (Privileges, error) { return d.dialect.privileges(ctx, d) }

// Lacks names what the account lacks for a purpose; nothing if it may.
func (p Privileges) Lacks(purpose Purpose) []Lack { return p.rights.lacks(purpose) }
