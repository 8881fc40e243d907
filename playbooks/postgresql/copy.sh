# Copies the schema that Kea's tables are in within its database, into another beside it: each table's rows, without keys, and the structure
# as a packed dump with the sequences' values. All of it happens or nothing. In: copy, dir. Needs client.sh, home.sh, copied.sh and sums.sh.
set -eu
housed
mkdir -p "$dir"
path=$(mktemp "$dir/.structure.XXXXXX")
trap 'rm -f "$path" "$path.status"' EXIT

# Of a table's rows none is dumped; what a sequence is at, is.
tables=$(
	ask <<'END'
SELECT '"' || replace(relname, '"', '""') || '"' FROM pg_class
WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = :'home') AND relkind IN ('r', 'p');
END
)
set -- --schema="$(quoted "$home")"
while IFS= read -r table; do
	set -- "$@" --exclude-table-data="$(quoted "$home").$table"
done <<END
$tables
END
{
	status=0
	speak "$dumper" --no-password --format=custom --compress=0 --no-publications --lock-wait-timeout=60s "$@" || status=$?
	echo "$status" >"$path.status"
} | gzip -1 >"$path"
[ "$(cat "$path.status")" = 0 ]
# Reading all of it back proves it whole: this line comes last, and only if nothing failed.
case $(unpacked | "$loader" --file=- | tail -n 12) in
*'-- PostgreSQL database dump complete'*) ;;
*)
	echo "the dump of the structure is not whole" >&2
	exit 1
	;;
esac

# A column of a type that goes with Kea's schema is copied as text: the type may be dropped, and the copy must not go with it.
copied=$(
	ask <<END
$(still)
BEGIN;
DROP SCHEMA IF EXISTS $copy CASCADE;
CREATE SCHEMA $copy;
SELECT format('CREATE TABLE $copy.%I AS SELECT %s FROM ONLY %I.%I', c.relname,
	(SELECT string_agg(format(CASE WHEN c.relnamespace IN (t.typnamespace, e.typnamespace) THEN '%1\$I::text AS %1\$I' ELSE '%I' END, a.attname), ', ' ORDER BY a.attnum)
	FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type e ON e.oid = t.typelem WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), :'home', c.relname)
FROM pg_class c WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = :'home') AND c.relkind = 'r' \\gexec
$(summing "'$copy'" "'$copy'")
CREATE TABLE $copy.kea_lockstep_copy AS SELECT '$(base64 -w 0 "$path")'::text AS structure, :'sums'::text AS sums;
-- Whoever proves the structure may read it, as everybody may the catalog.
GRANT USAGE ON SCHEMA $copy TO PUBLIC;
GRANT SELECT ON $copy.kea_lockstep_copy TO PUBLIC;
COMMIT;
SELECT count(*) FROM pg_class WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = '$copy') AND relkind = 'r' AND relname <> 'kea_lockstep_copy';
END
)
printf 'copy\t%s\ndrop\tDROP SCHEMA %s CASCADE\ntables\t%s\n' "$copy" "$copy" "$copied"
