# Reads a dump back. Needs client.sh and same.sh.

# listed: sets objects to what the dump holds, one a line, without the schema itself, which stays with its owner and his grants,
# and home to the name of that schema.
listed() {
	objects=$(unpacked | "$loader" --list | sed -E '/^[0-9]+; [0-9]+ [0-9]+ (SCHEMA|COMMENT - SCHEMA|ACL - SCHEMA|DEFAULT ACL) /d')
	home=$(printf '%s\n' "$objects" | sed -n 's/^[0-9]*; 1259 [0-9]* TABLE \(.*\) schema_version .*$/\1/p')
	[ -n "$home" ]
}

# loaded ARGUMENT...: reads those objects back, as the arguments of the loading program say.
loaded() {
	unpacked | speak "$loader" --no-password --use-list=/dev/fd/3 "$@" 3<<END
$objects
END
}
