# Dumps the database. The dump has its name only once it is whole. In: dir, name. Needs client.sh.
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
{
	status=0
	speak "$dumper" --single-transaction --quick --routines --triggers --events --hex-blob --no-tablespaces \
		--default-character-set=utf8mb4 "$database" || status=$?
	echo "$status" >"$part.status"
} | $pack >"$part"
[ "$(cat "$part.status")" = 0 ]
# The dumping program writes this last, and only if nothing failed. Reading it back proves the file whole.
last=$($unpack <"$part" | tail -n 1)
case $last in
'-- Dump completed'*) ;;
*)
	echo "the dump ends with: $last" >&2
	exit 1
	;;
esac
path=$dir/$name.sql.$suffix
sync "$part"
mv "$part" "$path"
sync "$dir"
printf 'path\t%s\nbytes\t%s\nsha256\t%s\n' "$path" "$(wc -c <"$path")" "$(sha256sum "$path" | cut -d ' ' -f 1)"
