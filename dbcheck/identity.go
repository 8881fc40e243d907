package dbcheck

import "context"

// Role is what a server is in a replication.
type Role int

const (
	// RoleUnknown: this account may not ask. Settings in Identity tell more.
	RoleUnknown Role = iota
	// RolePrimary: the server takes its data from no other.
	RolePrimary
	// RoleReplica: the server follows another; nothing may be migrated on it.
	RoleReplica
)

// String names the role.
func (r Role) String() string {
	return [...]string{"cannot tell", "primary", "replica"}[r]
}

// Identity says which database this is, wherever it was reached through.
type Identity struct {
	Engine  Engine
	Product string // "MariaDB", "MySQL", "Percona", "PostgreSQL"
	Version string // as the server says it
	// Server tells servers apart: "uuid:..." (MySQL), "uid:..." (MariaDB that has
	// server_uid, with hostname, port, server_id and data directory), "cluster:..."
	// (all nodes of a Galera cluster or of a MySQL group are one), "system:..." (a
	// PostgreSQL cluster and its standbys), else "host:..." from those four alone,
	// which containers made from one image may share.
	Server string
	// Schema is the database's name, in lower case where the server does not tell
	// cases apart; in PostgreSQL with that of the schema that Kea's tables are in,
	// unless it is public.
	Schema string
	// Weak: Server is of the "host:" kind, so equality is likely and no proof.
	// Copies of a virtual machine can share a strong one as well.
	Weak     bool
	ReadOnly bool // read_only, super_read_only or default_transaction_read_only is on
	Role     Role
	RoleSaw  string // what Role was read from, or why it cannot be told
	// Sources are the servers that a replica follows; none where this account may
	// not ask, or it follows none.
	Sources []Source
	// Called is what Source.Server of a replica of this server is: "uuid:..."
	// (MySQL), or "server_id:... port:..." (MariaDB); empty in PostgreSQL, whose
	// standbys have their primary's identity.
	Called string
	// Members are the nodes of the cluster that this one sees, as the cluster names
	// them; empty outside of a cluster, or where this account may not ask.
	Members string
	Galera  bool // wsrep_on
	Group   bool // MySQL group replication
	Pooled  bool // a pooler such as PgBouncer answers in the server's stead
}

// Source is a server that a replica follows.
type Source struct {
	Addr   string // host:port, or a socket's directory, as the replica's settings have it
	Server string // what the server calls itself: Identity.Called
}

// String is the stable key by which two looks are the same database.
func (i Identity) String() string { return string(i.Engine) + ":" + i.Server + "/" + i.Schema }

// Identity asks the server who it is. One round trip for PostgreSQL, three for
// MySQL; one more for a standby, or a node of a group.
func (d *DB) Identity(ctx context.Context) (Identity, error) { return d.dialect.identity(ctx, d) }
