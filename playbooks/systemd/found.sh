# Units that run Kea's programs and stand in no table: an operator's own, and the instances of a template. In: units. A line each:
# unit, daemon, program and configuration file where the unit does not say.
set -eu

# named FILE: sets name, of the unit whose file or drop-in it is. An alias is no unit of its own.
named() {
	name=${1##*/}
	case $1 in *.service.d/*) name=${1%/*} name=${name##*/} name=${name%.d} ;; esac
	[ ! -L "$1" ] || [ -n "$(find "$1" -prune -lname "*/$name")" ]
}

# instances TEMPLATE: those that run or failed, that something starts at boot, and that have a mask or a drop-in.
instances() {
	of=${1%.service}
	{
		systemctl list-units --all --plain --no-legend "$of*.service"
		for path in /etc/systemd/system/*.wants/"$of"?*.service /etc/systemd/system/*.requires/"$of"?*.service \
			/run/systemd/system/*.wants/"$of"?*.service /etc/systemd/system/"$of"?*.service /run/systemd/system/"$of"?*.service \
			/etc/systemd/system/"$of"?*.service.d; do
			[ ! -e "$path" ] && [ ! -L "$path" ] || printf '%s\n' "${path##*/}"
		done
	} | awk '{ sub(/\.d$/, "", $1); print $1 }'
}

echo "@found"
while read -r _ daemon program config; do
	[ -n "$program" ] || continue
	for file in $(grep -lsF "$program" /etc/systemd/system/*.service /run/systemd/system/*.service /usr/local/lib/systemd/system/*.service \
		/usr/lib/systemd/system/*.service /etc/systemd/system/*.service.d/*.conf /usr/lib/systemd/system/*.service.d/*.conf || :); do
		runs=no
		while read -r line || [ -n "$line" ]; do
			case $line in ExecStart=*"$program" | ExecStart=*"$program "*) runs=yes ;; esac
		done <"$file"
		if [ "$runs" = no ] || ! named "$file"; then continue; fi
		case $name in *@.service) instances "$name" ;; *) printf '%s\n' "$name" ;; esac
	done | while read -r name; do
		printf '%s\t%s\t%s\t%s\n' "$name" "$daemon" "$program" "$config"
	done
done <<END | sort -u
$units
END
echo "@end"
