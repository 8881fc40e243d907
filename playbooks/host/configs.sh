# configs PROCESSES: the configuration files of these processes, or of "all", with their contents: unit, daemon, path,
# network namespace, base64. Needs units.sh.
configs() {
	while read -r unit daemon _ config; do
		unit_file "${unit:-none}" || continue
		case $1 in all | *"	$unit	"*) ;; *) continue ;; esac
		unit_says "$unit" "$config"
		if [ -e "$config" ]; then
			printf '%s\t%s\t%s\t%s\t%s\n' "$unit" "$daemon" "$config" "$network" "$(base64 -w 0 "$config")"
		else
			printf '%s\t%s\t%s\n' "$unit" "$daemon" "$config"
		fi
	done <<END
$units
END
}
