# Says what is in the tables of a schema. Needs client.sh.

# still: the statement that keeps still what forms the text of a value.
still() {
	echo "SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; SET timezone = 'UTC'; SET extra_float_digits = 1; SET bytea_output = 'hex';"
}

# summing SCHEMA TABLES: statements that set :sums to each table's name, number of rows and sum of their hashes. TABLES is the schema whose
# tables are meant.
summing() {
	cat <<END
SELECT 'SELECT string_agg(line, E''\\n'' ORDER BY line COLLATE "C") AS sums FROM (' || string_agg(
	format('SELECT format(''%%s %%s %%s'', %L, count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)) AS line FROM ONLY %I.%I t', c.relname, $1, c.relname),
	' UNION ALL ') || ') lines' AS summing
FROM pg_class c WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $2) AND c.relkind = 'r' AND c.relname <> 'kea_lockstep_copy' \\gset
:summing \\gset
END
}
