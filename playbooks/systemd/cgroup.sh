# in_service PROC: sets unit, of the process whose directory in /proc it is. What a unit's processes make below it belongs to it.
in_service() {
	unit=
	while read -r line; do
		case $line in 0::* | *:name=systemd:*) unit=${line##*:} ;; esac
	done 2>/dev/null <"$1/cgroup" || :
	case $unit in *.service/*) unit=${unit%%.service/*}.service ;; esac
	case $unit in *.service) unit=${unit##*/} ;; *) unit= ;; esac
}
