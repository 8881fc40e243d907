# Empties the schema that Kea's tables are in. Needs home, its name.

# cleared: the statements that drop everything in it. What lies in other schemas stays: where it stands on something that has to go (a view
# of its tables), they fail.
cleared() {
	cat <<'STATEMENTS'
SELECT set_config('kea_lockstep.home', :'home', true);
DO $$
DECLARE
	home oid := (SELECT oid FROM pg_namespace WHERE nspname = current_setting('kea_lockstep.home'));
	drops text[] := ARRAY(
		SELECT CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE'
			WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END || format(' IF EXISTS %I.%I', nspname, relname)
		FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE n.oid = home AND relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'c')
			AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype IN ('e', 'i'))
	UNION ALL
		SELECT 'ROUTINE IF EXISTS ' || format('%I.%I(%s)', nspname, proname, pg_get_function_identity_arguments(p.oid))
		FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE n.oid = home
			AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e')
	UNION ALL
		SELECT 'TYPE IF EXISTS ' || format('%I.%I', nspname, typname)
		FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace WHERE n.oid = home AND typtype IN ('d', 'e', 'r')
			AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_type'::regclass AND objid = t.oid AND deptype = 'e')
	);
	elsewhere CONSTANT text := $q$
		SELECT ARRAY(SELECT pg_describe_object(class, id, 0) FROM (
				SELECT 'pg_class'::regclass AS class, oid AS id, relnamespace AS schema FROM pg_class
			UNION ALL SELECT 'pg_proc'::regclass, oid, pronamespace FROM pg_proc
			UNION ALL SELECT 'pg_type'::regclass, oid, typnamespace FROM pg_type WHERE typtype IN ('d', 'e', 'r')
			UNION ALL SELECT 'pg_constraint'::regclass, oid, connamespace FROM pg_constraint
			UNION ALL SELECT 'pg_trigger'::regclass, t.oid, relnamespace FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
			UNION ALL SELECT 'pg_attrdef'::regclass, d.oid, relnamespace FROM pg_attrdef d JOIN pg_class c ON c.oid = adrelid
			UNION ALL SELECT 'pg_policy'::regclass, p.oid, relnamespace FROM pg_policy p JOIN pg_class c ON c.oid = polrelid
			) o JOIN pg_namespace n ON n.oid = schema
			WHERE nspname <> current_setting('kea_lockstep.home') AND nspname <> 'information_schema' AND nspname !~ '^pg_'
		UNION ALL SELECT pg_describe_object('pg_publication_rel'::regclass, oid, 0) FROM pg_publication_rel)
	$q$;
	before text[];
	after text[];
	statement text;
BEGIN
	EXECUTE elsewhere INTO before;
	FOREACH statement IN ARRAY drops LOOP
		EXECUTE 'DROP ' || statement || ' CASCADE';
	END LOOP;
	EXECUTE elsewhere INTO after;
	IF cardinality(before) <> cardinality(after) THEN
		RAISE EXCEPTION 'these stand on what a restore replaces, drop them before and make them again after it: %',
			ARRAY(SELECT unnest(before) EXCEPT SELECT unnest(after));
	END IF;
END
$$;
STATEMENTS
}
