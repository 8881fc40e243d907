package dbcheck

import (
	"context"
	"errors"
	"strings"
)

func (mysqlDialect) identity(ctx context.Context, d *DB) (Identity, error) {
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
		Engine:  MySQL,
		Product: product(v), Version: v["version"], Schema: d.target.Name,
		ReadOnly: v.on("read_only") || v.on("super_read_only"),
		Galera:   v.on("wsrep_on"), Group: v["group_replication_group_name"] != "",
	}
	if v["lower_case_table_names"] != "0" {
		id.Schema = strings.ToLower(id.Schema)
	}
	id.Server, id.Weak = serverKey(v, status)
	id.Role, id.RoleSaw, err = mysqlRole(ctx, d, id.Product)
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
	}
	host := strings.Join([]string{v["hostname"], v["port"], v["server_id"], v["datadir"]}, "|")
	if uid := v["server_uid"]; uid != "" && uid != "unknown" {
		// Made of a network card's address and the port: containers on different machines often have the same.
		return "uid:" + uid + "|" + host, false
	}
	return "host:" + host, true
}

// mysqlRole asks for the replication channels; a server that answers with none is
// its own primary. The statement's name moved: MySQL 8.4 has no SLAVE any more,
// MariaDB knows ALL REPLICAS for its several channels.
func mysqlRole(ctx context.Context, d *DB, product string) (Role, string, error) {
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
