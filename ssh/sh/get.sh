# Print a file, at most as much of it as the limit says.
[ -e "$path" ] || exit 2
if [ -d "$path" ]; then
	echo "it is a directory" >&2
	exit 1
fi
[ -r "$path" ] || exit 13
exec head -c "$limit" "$path"
