# Dumps the schema that Kea's tables are in, and nothing else of the database. The dump has its name only once it is whole. In:
# dir, name. Needs client.sh.
set -eu
umask 077
mkdir -p "$dir"
if command -v zstd >/dev/null; then
	pack='zstd -q -T0' unpack='zstd -q -d' suffix=zst
else
	pack='gzip -1' unpack='gzip -d' suffix=gz
fi
part=$dir/.$name.part
trap 'rm -f "$part" "$part.status"' EXIT
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
{
	status=0
	speak "$dumper" --no-password --format=custom --compress=0 --no-publications --lock-wait-timeout=60s \
		--schema="\"$(printf '%s' "$home" | sed 's/"/""/g')\"" || status=$?
	echo "$status" >"$part.status"
} | $pack >"$part"
[ "$(cat "$part.status")" = 0 ]
# Reading all of it back proves the file whole: this line comes last, and only if nothing failed.
last=$($unpack <"$part" | "$loader" --file=- | tail -n 12)
case $last in
*'-- PostgreSQL database dump complete'*) ;;
*)
	echo "the dump ends with: $last" >&2
	exit 1
	;;
esac
path=$dir/$name.dump.$suffix
sync "$part"
mv "$part" "$path"
sync "$dir"
printf 'path\t%s\nbytes\t%s\nsha256\t%s\n' "$path" "$(wc -c <"$path")" "$(sha256sum "$path" | cut -d ' ' -f 1)"
