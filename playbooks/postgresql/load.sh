# Reads a dump back. In: path, digest (of the dump). Needs client.sh.

same() { [ "$(sha256sum "$path" | cut -d ' ' -f 1)" = "$digest" ]; }

unpacked() {
	case $path in
	*.zst) zstd -q -d <"$path" ;;
	*) gzip -d <"$path" ;;
	esac
}

# contents: what the dump holds, an object a line, without the schema itself, which stays with its owner and his grants.
contents() {
	unpacked | "$loader" --list | sed -E '/^[0-9]+; [0-9]+ [0-9]+ (SCHEMA|COMMENT - SCHEMA|ACL - SCHEMA|DEFAULT ACL) /d'
}

# home_of_dump: the schema that the dump is of.
home_of_dump() {
	contents | sed -n 's/^[0-9]*; 1259 [0-9]* TABLE \(.*\) schema_version .*$/\1/p'
}

# loaded ARGUMENT...: reads those objects back, as the arguments of the loading program say.
loaded() {
	unpacked | speak "$loader" --no-password --use-list=/dev/fd/3 "$@" 3<<END
$(contents)
END
}
