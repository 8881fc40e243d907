# Finds Kea's daemon processes. In: daemons (their names, apart by blanks), admins (yes: kea-admin and its scripts too). Needs
# belongs.sh.

# processes: a line for each, by a unit or by hand: pid, name, unit, start in clock ticks since boot, command line. One-shot
# runs (-t -T -v -V -W) are none, and neither is what has died and waits for its parent.
processes() {
	for proc in /proc/[0-9]*; do
		name=
		{ read -r name <"$proc/comm"; } 2>/dev/null || continue
		case "${admins-no} $name" in
		"yes kea-admin" | "yes upgrade_"[0-9]*) once='' ;;
		*)
			case " $daemons " in *" $name "*) ;; *) continue ;; esac
			once='-t -T -v -V -W'
			;;
		esac
		command=$(tr '\0\n\t' '   ' <"$proc/cmdline" 2>/dev/null) || continue
		# What starts and stops a service of OpenRC has the service's name.
		case $command in '' | */openrc-run\ *) continue ;; esac
		for flag in $once; do
			case " $command " in *" $flag "*) continue 2 ;; esac
		done
		stat=
		{ read -r stat <"$proc/stat"; } 2>/dev/null || continue
		# shellcheck disable=SC2086 # the fields behind the name
		set -- ${stat##*) }
		[ "$1" != Z ] || continue
		started=${20}
		belongs "$proc"
		printf '%s\t%s\t%s\t%s\t%s\n' "${proc#/proc/}" "$name" "$unit" "$started" "$command"
	done
}
