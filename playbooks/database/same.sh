# Reads a dump back. In: path, digest (of the dump).

# same: whether it is the one that was taken.
same() { [ "$(sha256sum "$path" | cut -d ' ' -f 1)" = "$digest" ]; }

unpacked() {
	case $path in
	*.zst) zstd -q -d <"$path" ;;
	*) gzip -d <"$path" ;;
	esac
}
