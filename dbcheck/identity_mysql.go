package dbcheck

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strings"
)

func (mysqlDialect) identity(ctx context.Context, d *DB) (Identity, error) {
	v, err := d.variables(ctx, "VARIABLES", "version", "version_comment", "server_uuid", "server_uid",
		"hostname", "port", "server_id", "datadir", "read_only", "super_read_only",
		"lower_case_table_names", "wsrep_on", "wsrep_provider", "group_replication_group_name")
	if err != nil {
		return Identity{}, err
	}
	status, err := d.variables(ctx, "STATUS", "wsrep_cluster_state_uuid", "wsrep_incoming_addresses", "wsrep_cluster_size",
		"wsrep_cluster_conf_id", "slaves_running")
	if err != nil {
		return Identity{}, err
	}
	if v.on("wsrep_on") && v["wsrep_provider"] != "none" && !joined(status) {
		err := errors.New("this node has not joined its cluster, or lost it")
		return Identity{}, &Error{Doing: d.on("asking who the server is"), Kind: ErrUnreachable, Err: err}
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
	id.Called = calledByNumber(v["server_id"], v["port"])
	if v["server_uuid"] != "" {
		id.Called = "uuid:" + v["server_uuid"]
	}
	if err := d.mysqlRole(ctx, &id, status["slaves_running"]); err != nil {
		return id, err
	}
	switch {
	case id.Galera:
		// Addresses may all be called AUTO.
		id.Members = fmt.Sprintf("%s (%s in view %s)", status["wsrep_incoming_addresses"], status["wsrep_cluster_size"], status["wsrep_cluster_conf_id"])
	case id.Group:
		return id, d.members(ctx, &id)
	}
	return id, nil
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

// joined says whether a Galera node is in a cluster: one without says nothing of it, or noughts.
func joined(status variables) bool {
	return strings.Trim(status["wsrep_cluster_state_uuid"], "0-") != ""
}

func serverKey(v, status variables) (key string, weak bool) {
	switch {
	case v.on("wsrep_on") && joined(status):
		return "cluster:" + status["wsrep_cluster_state_uuid"], false
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
// MariaDB knows ALL REPLICAS for its several channels. MariaDB tells every
// account how many of them run.
func (d *DB) mysqlRole(ctx context.Context, id *Identity, running string) error {
	query := "SHOW REPLICA STATUS"
	if id.Product == "MariaDB" {
		query = "SHOW ALL SLAVES STATUS"
	}
	channels, err := d.named(ctx, query)
	if asSyntax(err) { // MySQL before 8.0.22
		query = "SHOW SLAVE STATUS"
		channels, err = d.named(ctx, query)
	}
	switch {
	case errors.Is(err, ErrAuth) && running != "" && running != "0":
		id.Role, id.RoleSaw = RoleReplica, "Slaves_running is "+running+"; what it follows this account may not ask: "+err.Error()
		return nil
	case errors.Is(err, ErrAuth):
		id.Role, id.RoleSaw = RoleUnknown, err.Error()
		return nil
	case err != nil:
		return err
	case len(channels) == 0:
		id.Role, id.RoleSaw = RolePrimary, query+" is empty"
		return nil
	}
	id.Role = RoleReplica
	var names []string
	for _, c := range channels {
		id.Sources = append(id.Sources, sourceOf(c))
		names = append(names, id.Sources[len(id.Sources)-1].Addr)
	}
	id.RoleSaw = query + " names its source: " + strings.Join(names, ", ")
	return nil
}

// sourceOf reads a channel; MySQL renamed its columns with the statement.
func sourceOf(channel variables) Source {
	of := func(name string) string { return cmp.Or(channel["source_"+name], channel["master_"+name]) }
	s := Source{Addr: net.JoinHostPort(of("host"), of("port"))}
	if uuid := of("uuid"); uuid != "" {
		s.Server = "uuid:" + uuid
	} else if number := of("server_id"); number != "" && number != "0" { // 0: it never met its source
		s.Server = calledByNumber(number, of("port"))
	}
	return s
}

func calledByNumber(id, port string) string { return "server_id:" + id + " port:" + port }

// members asks a node of a group which others it sees, and which of them may be
// written to; MySQL before 8.0 does not tell that.
func (d *DB) members(ctx context.Context, id *Identity) error {
	rows, err := d.named(ctx, "SELECT MEMBER_ID, MEMBER_HOST, MEMBER_PORT, MEMBER_STATE, MEMBER_ROLE FROM performance_schema.replication_group_members ORDER BY 1")
	if errors.Is(err, ErrAuth) || asUnknownColumn(err) {
		return nil
	}
	var all, primaries []string
	for _, r := range rows {
		at := net.JoinHostPort(r["member_host"], r["member_port"])
		all = append(all, at)
		if r["member_role"] == "PRIMARY" && r["member_state"] == "ONLINE" {
			primaries = append(primaries, at)
		}
	}
	id.Members = strings.Join(all, ",")
	if id.ReadOnly && len(primaries) > 0 {
		id.Role, id.RoleSaw = RoleReplica, "the group's primary is "+strings.Join(primaries, ", ")
	}
	return err
}

// named asks for rows whose columns are known by their names, in lower case: there
// are more and others from version to version.
func (d *DB) named(ctx context.Context, query string) ([]variables, error) {
	var all []variables
	err := d.each(ctx, "asking "+query, query, func(rows *sql.Rows) error {
		columns, err := rows.Columns()
		if err != nil {
			return err
		}
		values, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		row := variables{}
		for i, name := range columns {
			row[strings.ToLower(name)] = values[i].String
		}
		all = append(all, row)
		return nil
	})
	return all, err
}
