# Services that run Kea's programs and stand in no table: an operator's own, and links to others under names of their own. In: units. A
# line each: service, daemon, program and configuration file where the service does not say.
set -eu
echo "@found"
while read -r _ daemon program config; do
	[ -n "$program" ] || continue
	for file in $(grep -lsF "$program" /etc/init.d/* || :); do
		while read -r line || [ -n "$line" ]; do
			case $line in command=*) line=${line#command=} line=${line#[\"\']} ;; *) continue ;; esac
			case $line in
			"$program" | "$program"[\"\'\ ]*) printf '%s\t%s\t%s\t%s\n' "${file##*/}" "$daemon" "$program" "$config" ;;
			esac
		done <"$file"
	done
done <<END | sort -u
$units
END
echo "@end"
