package dbcheck

import (
	"context"
	"errors"
	"strings"
)

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
	Product string // "MariaDB", "MySQL", "Percona"
	Version string // as the server says it
	// Server tells servers apart: "uuid:..." (MySQL), "uid:..." (MariaDB that has
	// server_uid), "cluster:..." (all nodes of a Galera cluster or of a MySQL
	// group are one), else "host:..." from hostname, port, server_id and data
	// directory, which containers made from one image may share.
	Server string
	Schema string // the database's name, in lower case where the server does not tell cases apart
	// Weak: Server is of the "host:" kind, so equality is likely and no proof.
	// Copies of a virtual machine can share a strong one as well.
	Weak     bool
	ReadOnly bool // read_only or super_read_only is on
	Role     Role
	RoleSaw  string // what Role was read from, or why it cannot be told
	Galera   bool   // wsrep_on
	Group    bool   // MySQL group replication
}

// String is the stable key by which two looks are the same database.
func (i Identity) String() string { return string(MySQL) + ":" + i.Server + "/" + i.Schema }

// Identity asks the server who it is. Three round trips.
func (d *DB) Identity(ctx context.Context) (Identity, error) {
	v, err := d.variables(ctx, "VARIABLES", "version", "version_comment", "server_uuid", "server_uid",
		"hostname", "port", "server_id", "datadir", "read_only", "super_read_only",
		"lower_case_table_names", "wsrep_on", "group_replication_group_name")
	if err != nil {
		return Identity{}, err
	}
	status, err := d.variables(ctx, "STATUS", "wsrep_cluster_state_uuid")
	if err != nil {
		return Identity{}, err
	}
	id := Identity{
		Product: product(v), Version: v["version"], Schema: d.target.Name,
		ReadOnly: v.on("read_only") || v.on("super_read_only"),
		Galera:   v.on("wsrep_on"), Group: v["group_replication_group_name"] != "",
	}
	if v["lower_case_table_names"] != "0" {
		id.Schema = strings.ToLower(id.Schema)
	}
	id.Server, id.Weak = serverKey(v, status)
	id.Role, id.RoleSaw, err = d.role(ctx, id.Product)
	return id, err
}

func product(v variables) string {
	all := strings.ToLower(v["version"] + " " + v["version_comment"])
	switch {
	case strings.Contains(all, "mariadb"):
		return "MariaDB"
	case strings.Contains(all, "percona"):
		return "Percona"
	}
	return "MySQL"
}

func serverKey(v, status variables) (key string, weak bool) {
	cluster := status["wsrep_cluster_state_uuid"]
	switch {
	case v.on("wsrep_on") && strings.Trim(cluster, "0-") != "":
		return "cluster:" + cluster, false
	case v["group_replication_group_name"] != "":
		return "cluster:" + v["group_replication_group_name"], false
	case v["server_uuid"] != "":
		return "uuid:" + v["server_uuid"], false
	case v["server_uid"] != "":
		return "uid:" + v["server_uid"], false
	}
	return "host:" + strings.Join([]string{v["hostname"], v["port"], v["server_id"], v["datadir"]}, "|"), true
}

// role asks for the replication channels; a server that answers with none is
// its own primary. The statement's name moved: MySQL 8.4 has no SLAVE any more,
// MariaDB knows ALL REPLICAS for its several channels.
func (d *DB) role(ctx context.Context, product string) (Role, string, error) {
	query := "SHOW REPLICA STATUS"
	if product == "MariaDB" {
		query = "SHOW ALL SLAVES STATUS"
	}
	channels, err := d.countRows(ctx, query)
	if asSyntax(err) { // MySQL before 8.0.22
		query = "SHOW SLAVE STATUS"
		channels, err = d.countRows(ctx, query)
	}
	switch {
	case errors.Is(err, ErrAuth):
		return RoleUnknown, err.Error(), nil
	case err != nil:
		return RoleUnknown, "", err
	case channels > 0:
		return RoleReplica, query + " names a source", nil
	}
	return RolePrimary, query + " is empty", nil
}

func (d *DB) countRows(ctx context.Context, query string) (int, error) {
	ctx, cancel := d.limit(ctx)
	defer cancel()
	rows, err := d.sql.QueryContext(ctx, query)
	if err != nil {
		return 0, d.fail("asking "+query, err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		n++
	}
	return n, d.fail("asking "+query, rows.Err())
}
