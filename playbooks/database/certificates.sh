# Prints what secures connections to a database, to be kept in memory alone. In: anchor (a file, or a directory of them), certificate,
# key (paths; empty: none).
set -eu
# part NAME PATH: the file's contents in base64, one line, under its name; the files of a directory one after the other.
part() {
	echo "@$1"
	if [ -d "$2" ]; then
		for file in "$2"/*; do
			# Between two that lack their last line end, one is put.
			[ ! -f "$file" ] || { cat "$file" && echo; }
		done | base64 | tr -d '\n'
		echo
		echo "@directory"
		echo yes
	elif [ -n "$2" ]; then
		if [ ! -f "$2" ]; then
			echo "$2 is not there" >&2
			exit 1
		fi
		base64 <"$2" | tr -d '\n'
		echo
	fi
}
part anchor "$anchor"
part certificate "$certificate"
part key "$key"
echo @end
