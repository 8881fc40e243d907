# Holds the name of a copy within the database server against what such a name is. In: copy.
case $copy in
*[!a-z0-9_]*) copied=no ;;
kea_lockstep_copy_?*) copied=yes ;;
*) copied=no ;;
esac
if [ "$copied" = no ]; then
	echo "$copy is no copy" >&2
	exit 1
fi

# kept: sets path to the packed structure that the copy holds, as base64 on standard input.
kept() {
	path=$(mktemp)
	trap 'rm -f "$path"' EXIT
	base64 -d >"$path"
}

unpacked() { gzip -d <"$path"; }

# gone WHY: says that this copy is not to be restored from.
gone() {
	echo "the copy $copy is not what was copied: $1" >&2
	exit 1
}
