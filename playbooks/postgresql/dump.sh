# Dumps the schema that Kea's tables are in, and nothing else of the database. In: dir, name. Needs client.sh and pack.sh.
set -eu
home=$(
	ask <<'END'
SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = 'schema_version' AND c.relkind = 'r' AND pg_table_is_visible(c.oid);
END
)
if [ -z "$home" ]; then
	echo "$user finds no table schema_version" >&2
	exit 1
fi
packed speak "$dumper" --no-password --format=custom --compress=0 --no-publications --lock-wait-timeout=60s \
	--schema="\"$(printf '%s' "$home" | sed 's/"/""/g')\""
# Reading all of it back proves the file whole: this line comes last, and only if nothing failed.
ends "$(unpacked | "$loader" --file=- | tail -n 12)" '*-- PostgreSQL database dump complete*'
put dump
