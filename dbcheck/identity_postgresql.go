package dbcheck

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// identity asks for the number that initdb gave the server's data. A standby has
// the same one, and so has a copy of the files that went its own way since. The
// database's own number is no part of it: one that was dropped and restored under
// its name is the same to Kea.
func (p postgresqlDialect) identity(ctx context.Context, d *DB) (Identity, error) {
	id, err := p.identify(ctx, d, "(SELECT 'system:' || system_identifier FROM pg_control_system())")
	if errors.Is(err, ErrAuth) { // somebody took the function away from everybody
		id, err = p.identify(ctx, d, "concat_ws('|', 'host:' || current_setting('cluster_name'), current_setting('port'), current_setting('server_version_num'))")
		id.Weak = true
	}
	if err == nil && id.Role == RoleReplica {
		err = p.follows(ctx, d, &id)
	}
	return id, err
}

// follows asks a standby for its primary. Only members of pg_read_all_stats see
// the receiver's row, and of pg_read_all_settings the setting, which holds a
// password: nothing but host and port leaves the server.
func (postgresqlDialect) follows(ctx context.Context, d *DB, id *Identity) error {
	var from sql.NullString
	err := d.row(ctx, "asking what the standby follows", `SELECT coalesce(
 (SELECT sender_host || ':' || sender_port FROM pg_stat_wal_receiver),
 (SELECT substring(setting FROM 'host=''?([^ '']+)') || ':' || coalesce(substring(setting FROM 'port=''?([0-9]+)'), '5432')
  FROM pg_settings WHERE name = 'primary_conninfo'))`, &from)
	if from.String == "" {
		id.RoleSaw += "; what it follows this account is not told: GRANT pg_monitor TO it"
		return err
	}
	id.Sources = []Source{{Addr: from.String}}
	id.RoleSaw += "; it follows " + from.String
	return err
}

func (postgresqlDialect) identify(ctx context.Context, d *DB, server string) (Identity, error) {
	const doing = "asking who the server is"
	ctx, cancel := d.limit(ctx)
	defer cancel()
	id := Identity{Engine: PostgreSQL, Role: RolePrimary, RoleSaw: "pg_is_in_recovery() is false"}
	var (
		schema  sql.NullString
		replica bool
		backend uint32
	)
	conn, err := d.sql.Conn(ctx)
	if err != nil {
		return id, d.fail(doing, err)
	}
	defer conn.Close()
	query := `SELECT split_part(version(), ' ', 1), current_setting('server_version'), ` + server + `, current_database(),
		(SELECT nspname FROM pg_namespace WHERE oid = ` + keaSchema + `), pg_is_in_recovery(), pg_backend_pid(),
		current_setting('default_transaction_read_only') = 'on'`
	err = conn.QueryRowContext(ctx, query).Scan(&id.Product, &id.Version, &id.Server, &id.Schema, &schema, &replica, &backend, &id.ReadOnly)
	if err != nil {
		return id, d.fail(doing, err)
	}
	if replica {
		id.Role, id.RoleSaw = RoleReplica, "pg_is_in_recovery() is true"
	}
	if schema.String != "" && schema.String != "public" {
		id.Schema += "." + schema.String
	}
	err = conn.Raw(func(c any) error {
		own, ok := c.(*postgresqlConn)
		if !ok {
			return fmt.Errorf("a %T tells no number", c)
		}
		id.Pooled = own.number != backend
		return nil
	})
	return id, d.fail(doing, err)
}
