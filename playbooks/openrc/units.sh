# Finds what OpenRC calls services: their scripts, and what these and their conf.d files say.

# unit_file UNIT: sets file, its script. Fails where there is none.
unit_file() {
	file=/etc/init.d/$1
	[ -f "$file" ] && [ -x "$file" ] && return 0
	file=
	return 1
}

# value LINE: sets value, what an assignment or a default assigns, without quotes and with the service's name in its place. In: service.
# shellcheck disable=SC2016 # as it stands there
value() {
	value=${1#*=}
	value=${value%%\}*}
	case $value in
	'"'*) value=${value#?} value=${value%%'"'*} ;;
	"'"*) value=${value#?} value=${value%%"'"*} ;;
	*) value=${value%%[ 	#]*} ;;
	esac
	while :; do
		case $value in
		*'$RC_SVCNAME'*) value=${value%%'$RC_SVCNAME'*}$service${value#*'$RC_SVCNAME'} ;;
		*) break ;;
		esac
	done
}

# unit_says UNIT CONFIGURATION: sets config (what its script or its conf.d file names, else the given one), user, install (whether a
# runlevel can start it: any script), network and vrf (none: a service in a network namespace or a VRF is not known). After unit_file.
# shellcheck disable=SC2016 # as it stands there
unit_says() {
	service=$1 config=$2 user='' install=yes network='' vrf=''
	for part in "$file" "/etc/conf.d/${1%%.*}" "/etc/conf.d/$1"; do
		[ -f "$part" ] || continue
		while read -r line || [ -n "$line" ]; do
			case $line in
			'command_args='*' -c /'* | 'command_args='*'"-c /'*)
				config=/${line#*-c /}
				config=${config%%[ \"\']*}
				;;
			'cfgfile='* | ': ${cfgfile:='*)
				value "$line"
				config=$value
				;;
			'command_user='* | ': ${command_user:='*)
				value "$line"
				user=${value%%:*}
				;;
			esac
		done <"$part"
	done
}

# links UNIT: sets linked, whether a runlevel starts it.
links() {
	linked=unlinked
	for link in /etc/runlevels/*/"$1"; do
		[ ! -L "$link" ] || linked=linked
	done
}

# held UNIT: sets masked, whether the fence holds it, and run, whose fence that is.
held() {
	masked=no run=
	if [ -e "/etc/rc.conf.d/kea-lockstep-$1.conf" ]; then
		masked=yes
		read -r _ _ run <"/etc/rc.conf.d/kea-lockstep-$1.conf" || :
	fi
}

# state_of UNIT: sets active. In: main.
state_of() {
	active=inactive
	if [ -e "/run/openrc/starting/$1" ]; then
		# Whoever tries to start a fenced one is about to be told.
		[ -e "/etc/rc.conf.d/kea-lockstep-$1.conf" ] || active=activating
	elif [ -e "/run/openrc/stopping/$1" ]; then
		active=deactivating
	elif [ -e "/run/openrc/started/$1" ]; then
		active=active
		[ "$main" != 0 ] || active=failed # it crashed
	fi
}
