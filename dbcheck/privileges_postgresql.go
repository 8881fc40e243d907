package dbcheck

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// postgresqlRights are what the account lacks: the server itself says what it has,
// with roles, owners and everybody's privileges taken together.
type postgresqlRights map[Purpose][]Lack

func (r postgresqlRights) lacks(purpose Purpose) []Lack { return r[purpose] }

// owned lists what somebody owns in a schema, as ALTER names it: whoever changes
// an object has to own it. A table's own sequences go with it.
func owned(schema string) string {
	return strings.Join([]string{
		"SELECT 'TABLE' AS kind, o.oid::regclass::text AS name, o.relowner AS owner FROM pg_class o",
		"WHERE o.relnamespace =", schema, "AND o.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND", unextended("pg_class", "o.oid"),
		"AND NOT (o.relkind = 'S' AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = o.oid AND d.deptype IN ('a', 'i')))",
		"UNION ALL SELECT 'ROUTINE', o.oid::regprocedure::text, o.proowner FROM pg_proc o",
		"WHERE o.pronamespace =", schema, "AND", unextended("pg_proc", "o.oid"),
	}, " ")
}

func (p postgresqlDialect) privileges(ctx context.Context, d *DB) (Privileges, error) {
	rights := postgresqlRights{}
	var account string
	err := d.each(ctx, "asking for the account's privileges", lacksQuery(), func(rows *sql.Rows) error {
		var purpose Purpose
		var lack Lack
		err := rows.Scan(&purpose, &lack.Privilege, &lack.Statement)
		if purpose == 0 {
			account = lack.Privilege
		} else {
			rights[purpose] = append(rights[purpose], lack)
		}
		return err
	})
	return Privileges{Account: account, rights: rights}, err
}

// lacksQuery gives the account, and then a row for each thing that it lacks. A dump
// is one of the schema that Kea's tables are in.
func lacksQuery() string {
	takeOver := "DO $$ DECLARE it text; BEGIN FOR it IN SELECT format('ALTER %%s %%s OWNER TO %%I', kind, name, %1$L) FROM (" +
		owned("%2$L::regnamespace") + ") owned WHERE NOT pg_has_role(%1$L, owner, 'USAGE') LOOP EXECUTE it; END LOOP; END $$"
	return fmt.Sprintf(`WITH me AS (SELECT *, quote_ident(rolname) AS account FROM pg_roles WHERE rolname = current_user),
 home AS (SELECT oid, quote_ident(nspname) AS schema FROM pg_namespace WHERE oid = `+keaSchema+`),
 owned AS (`+owned("(SELECT oid FROM home)")+`),
 stored AS (SELECT c.relkind, c.relowner, c.relrowsecurity, home.schema,
   CASE c.relkind WHEN 'S' THEN has_sequence_privilege(c.oid, 'SELECT') ELSE has_table_privilege(c.oid, 'SELECT') END AS readable
  FROM pg_class c JOIN home ON home.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'S')
   AND `+unextended("pg_class", "c.oid")+`)
SELECT 0, rolname::text, '' FROM me
UNION ALL SELECT %[1]d, 'pg_read_all_stats', 'GRANT pg_read_all_stats TO ' || account
 FROM me WHERE NOT pg_has_role('pg_read_all_stats', 'USAGE')
UNION ALL SELECT %[2]d, 'CREATE on schema ' || schema, format('GRANT CREATE ON SCHEMA %%s TO %%s', schema, account)
 FROM me, home WHERE NOT has_schema_privilege(home.oid, 'CREATE')
UNION ALL SELECT %[2]d, format('ownership of what %%s owns in schema %%s: %%s objects, among them %%s',
   string_agg(DISTINCT pg_get_userbyid(owner)::text, ', '), min(schema), count(*), min(name)), format(%[5]s, min(rolname), min(schema))
 FROM me, home, owned WHERE NOT pg_has_role(owner, 'USAGE') HAVING count(*) > 0
UNION ALL SELECT %[3]d, 'USAGE on schema ' || schema, format('GRANT USAGE ON SCHEMA %%s TO %%s', schema, account)
 FROM me, home WHERE NOT has_schema_privilege(home.oid, 'USAGE')
UNION ALL SELECT %[3]d, 'SELECT on tables in schema ' || min(schema), format('GRANT SELECT ON ALL TABLES IN SCHEMA %%s TO %%s', min(schema), min(account))
 FROM me, stored WHERE relkind <> 'S' AND NOT readable HAVING count(*) > 0
UNION ALL SELECT %[3]d, 'SELECT on sequences in schema ' || min(schema), format('GRANT SELECT ON ALL SEQUENCES IN SCHEMA %%s TO %%s', min(schema), min(account))
 FROM me, stored WHERE relkind = 'S' AND NOT readable HAVING count(*) > 0
UNION ALL SELECT %[3]d, 'BYPASSRLS', 'ALTER ROLE ' || min(account) || ' BYPASSRLS'
 FROM me, stored WHERE relrowsecurity AND NOT rolsuper AND NOT rolbypassrls AND NOT pg_has_role(relowner, 'USAGE') HAVING count(*) > 0
UNION ALL SELECT %[6]d, 'CREATE on database ' || quote_ident(current_database()), format('GRANT CREATE ON DATABASE %%I TO %%s', current_database(), account)
 FROM me WHERE NOT has_database_privilege(current_database(), 'CREATE')
UNION ALL SELECT %[4]d, 'CREATEDB', 'ALTER ROLE ' || account || ' CREATEDB' FROM me WHERE NOT rolsuper AND NOT rolcreatedb
UNION ALL SELECT %[4]d, 'CONNECT on database `+maintenance+`', 'GRANT CONNECT ON DATABASE `+maintenance+` TO ' || account
 FROM me, pg_database d WHERE datname = '`+maintenance+`' AND NOT has_database_privilege(d.oid, 'CONNECT')`,
		ToLook, ToMigrate, ToDump, ToScratch, literal(takeOver), ToReadCopy)
}
