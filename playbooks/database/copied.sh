# Holds the name of a copy within the database server against what such a name is. In: copy. Needs ours.sh.
ours "$copy" kea_lockstep_copy_ copy

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
