# Finds the files of units, also under a mask. In: units (a line each: unit daemon program configuration).

# unit_file UNIT: its file, whatever masks it; fails where there is none.
unit_file() {
	for dir in /etc/systemd/system /run/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
		if [ -s "$dir/$1" ] && ! [ -c "$dir/$1" ]; then
			echo "$dir/$1"
			return 0
		fi
	done
	return 1
}

# unit_text UNIT: what its file and drop-ins say; ours is left out.
unit_text() {
	text_of=$(unit_file "$1") || return 0
	cat "$text_of"
	for part in /usr/lib/systemd/system/"$1".d/*.conf /run/systemd/system/"$1".d/*.conf /etc/systemd/system/"$1".d/*.conf; do
		case $part in
		*/kea-lockstep.conf) ;;
		*) [ ! -f "$part" ] || cat "$part" ;;
		esac
	done
}

# config_of UNIT DEFAULT: the configuration that its command line names.
config_of() {
	named=$(unit_text "$1" | sed -n 's/^ExecStart=.* -c *\([^ ]*\).*/\1/p' | tail -n 1)
	echo "${named:-$2}"
}
