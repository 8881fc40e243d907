# Looks into every network of this server: from one network namespace nothing of another is seen.

# everywhere PROGRAM ARGUMENT...: runs it in this shell's own network, then in each other that a process is in. A process that ends
# meanwhile takes no network with it that another is in.
everywhere() {
	"$@"
	stat -L -c '%i %n' /proc/self/ns/net /proc/[0-9]*/ns/net 2>/dev/null | {
		read -r seen _
		while read -r number proc; do
			case " $seen " in *" $number "*) continue ;; esac
			proc=${proc#/proc/}
			! nsenter --target "${proc%%/*}" --net "$@" </dev/null 2>/dev/null || seen="$seen $number"
		done
	}
}

# network_of PATH: sets net, the number of the network that a path leads to; empty where there is none.
network_of() {
	net=$(stat -L -c %i "$1" 2>/dev/null || :)
}
