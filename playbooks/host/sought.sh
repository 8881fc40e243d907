# Which processes are looked for. In: daemons (their names, apart by blanks), admins (yes: kea-admin and its scripts too).

# sought NAME: whether a process of that name is looked for; sets once, the words of runs that are none.
sought() {
	case "${admins-no} $1" in
	"yes kea-admin" | "yes upgrade_"[0-9]*) once='' ;;
	*)
		case " $daemons " in *" $1 "*) ;; *) return 1 ;; esac
		once='-t -T -v -V -W'
		;;
	esac
}

# lasting COMMAND: whether it is more than a one-shot run (-t -T -v -V -W). After sought.
lasting() {
	# What starts and stops a service of OpenRC has the service's name.
	case $1 in '' | */openrc-run\ *) return 1 ;; esac
	for flag in $once; do
		case " $1 " in *" $flag "*) return 1 ;; esac
	done
}
