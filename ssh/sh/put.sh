# Put a file in place in one move: written beside it, whole, on the disk, then renamed.
set -eu
umask 077
if [ -d "$path" ] || [ -L "$path" ]; then
	echo "it is a directory or a symbolic link" >&2
	exit 1
fi
new=$(mktemp "${path%/*}/.${path##*/}.XXXXXX")
trap 'rm -f "$new"' EXIT
trap 'exit 1' HUP TERM PIPE
cat >"$new"
if [ "$(wc -c <"$new")" -ne "$size" ]; then
	echo "the content came in part" >&2
	exit 1
fi
if [ -n "$owner" ]; then
	chown "$owner" "$new"
elif [ -e "$path" ]; then
	chown "$(stat -c %u:%g "$path")" "$new"
fi
chmod "$mode" "$new"
sync "$new"
mv "$new" "$path"
trap - EXIT
sync "${path%/*}"
