# Writes a dump, which has its name only once it is whole. In: dir, name.
umask 077
if command -v zstd >/dev/null; then
	pack='zstd -q -T0' unpack='zstd -q -d' suffix=zst
else
	pack='gzip -1' unpack='gzip -d' suffix=gz
fi
part=$dir/.$name.part

# packed COMMAND...: what the command puts out, compressed, as the part. It fails where the command does.
packed() {
	mkdir -p "$dir"
	trap 'rm -f "$part" "$part.status"' EXIT
	{
		status=0
		"$@" || status=$?
		echo "$status" >"$part.status"
	} | $pack >"$part"
	[ "$(cat "$part.status")" = 0 ]
}

unpacked() { $unpack <"$part"; }

# ends LAST PATTERN: ends the script unless what was read back last is as the pattern says.
ends() {
	# shellcheck disable=SC2254 # it is a pattern
	case $1 in
	$2) ;;
	*)
		echo "the dump ends with: $1" >&2
		exit 1
		;;
	esac
}

# put KIND: gives the part a name that no other dump has, and tells of it.
put() {
	path=$dir/$name.$1.$suffix
	other=1
	while [ -e "$path" ]; do
		other=$((other + 1))
		path=$dir/$name.$other.$1.$suffix
	done
	sync "$part"
	mv "$part" "$path"
	sync "$dir"
	printf 'path\t%s\nbytes\t%s\nsha256\t%s\n' "$path" "$(wc -c <"$path")" "$(sha256sum "$path" | cut -d ' ' -f 1)"
}
