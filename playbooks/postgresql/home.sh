# Finds where Kea's tables are. Needs client.sh.

# housed: sets home to the name of the schema that they are in.
housed() {
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
}

# quoted NAME: the name as a pattern of the dumping program's, which is nothing but that.
quoted() { printf '"%s"' "$(printf '%s' "$1" | sed 's/"/""/g')"; }
