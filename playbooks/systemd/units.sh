# Finds the files of units, also under a mask. Nothing is started for it: a look must be cheap.

# unit_file UNIT: sets file, whatever masks it; of an instance without one, its template's. Fails where there is none.
unit_file() {
	for dir in /etc/systemd/system /run/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
		file=$dir/$1
		if [ -s "$file" ] && ! [ -c "$file" ]; then
			return 0
		fi
	done
	file=
	case $1 in
	*@.service) return 1 ;;
	*@*) unit_file "${1%%@*}@.service" ;;
	*) return 1 ;;
	esac
}

# filled UNIT TEXT: sets filled, the text with the instance's name in the places of its specifiers.
filled() {
	filled=$2
	case $1 in *@*) ;; *) return 0 ;; esac
	instance=${1#*@} instance=${instance%.service}
	while :; do
		case $filled in
		*%i*) filled=${filled%%"%i"*}$instance${filled#*"%i"} ;;
		*%I*) filled=${filled%%"%I"*}$instance${filled#*"%I"} ;;
		*) return 0 ;;
		esac
	done
}

# drop_ins UNIT: sets parts, a path a line; ours is left out.
drop_ins() {
	parts=
	case $1 in *@?*.service) drop_ins "${1%%@*}@.service" ;; esac
	for part in /usr/lib/systemd/system/"$1".d/*.conf /run/systemd/system/"$1".d/*.conf /etc/systemd/system/"$1".d/*.conf; do
		case $part in */kea-lockstep.conf) continue ;; esac
		[ ! -f "$part" ] || parts="$parts
$part"
	done
}

# unit_says UNIT CONFIGURATION: sets config (what its command line names, else the given one), user, install (whether it can be
# enabled), network (the path of the network namespace that it runs in, empty for the system's own) and vrf (the name of the VRF in that
# network, likewise). After unit_file.
unit_says() {
	config=$2 user='' install=no network='' enters='' vrf=''
	drop_ins "$1"
	while read -r part; do
		[ -n "$part" ] || continue
		while read -r line || [ -n "$line" ]; do
			case $line in
			ExecStart=*)
				enters='' vrf=''
				case $line in *' vrf exec '*) vrf=${line#*' vrf exec '} vrf=${vrf%% *} ;; esac
				case $line in *' netns exec '*) enters=${line#*' netns exec '} enters=/run/netns/${enters%% *} ;; esac
				case $line in *' -c '*) config=${line##* -c } config=${config%% *} ;; esac
				;;
			NetworkNamespacePath=*) network=${line#NetworkNamespacePath=} ;;
			User=*) user=${line#User=} ;;
			'[Install]') install=yes ;;
			esac
		done <"$part"
	done <<END
$file$parts
END
	filled "$1" "$config"
	config=$filled
	filled "$1" "${enters:-$network}"
	network=$filled
	filled "$1" "$vrf"
	vrf=$filled
}

# unit_text: what its file and its drop-ins say. After unit_says.
unit_text() {
	# shellcheck disable=SC2086 # a list of paths without blanks
	cat "$file" $parts
}

# links UNIT: sets linked, whether something starts it at boot, by the links that "enable" makes and a mask leaves alone.
links() {
	linked=unlinked
	for link in /etc/systemd/system/*.wants/"$1" /etc/systemd/system/*.requires/"$1" /run/systemd/system/*.wants/"$1"; do
		[ ! -L "$link" ] || linked=linked
	done
}
