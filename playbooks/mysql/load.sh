# Reads a dump back. In: path, digest (of the dump).

# dumped: the statements of the dump, which must be the one that was taken.
dumped() {
	case $path in
	*.zst) zstd -q -d <"$path" ;;
	*) gzip -d <"$path" ;;
	esac
}

same() { [ "$(sha256sum "$path" | cut -d ' ' -f 1)" = "$digest" ]; }
