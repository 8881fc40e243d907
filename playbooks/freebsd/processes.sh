# Finds Kea's daemon processes as host/processes.sh does, where there is no /proc. Needs sought.sh and belongs.sh.

# processes: a line for each: pid, name, unit, the time of its start, command line.
processes() {
	ps -axww -o pid= -o stat= -o lstart= -o comm= -o command= | while read -r pid stat day month date time year name command; do
		case $stat in Z*) continue ;; esac
		# Of a script the shell is named.
		if [ "$name" = sh ]; then
			read -r _ script _ <<END
$command
END
			name=${script##*/}
		fi
		sought "$name" || continue
		lasting "$command" || continue
		belongs "$pid"
		printf '%s\t%s\t%s\t%s\t%s\n' "$pid" "$name" "$unit" "${day}_${month}_${date}_${time}_$year" "$command"
	done
}
