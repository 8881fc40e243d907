# Finds what keactrl starts. Its configuration is shell text, and is read as keactrl reads it: in a shell of its own. In: keactrl (the
# configuration), units.

# A line for each daemon: unit, program, configuration, whether keactrl starts it (yes or no), whether it would without our fence, whether
# it is there, and the fence's run. One whose program is not that of the playbook is not, and neither is one that is off and has no
# configuration.
told=$(
	set +eu
	# tell UNIT PROGRAM CONFIGURATION SWITCH FENCE: the fence has what the switch is below it, and its run.
	tell() {
		starts=no there=no
		case $4 in [Yy][Ee][Ss]) starts=yes ;; esac
		case $5 in
		'') was=$starts ;;
		[Yy][Ee][Ss]' '*) was=yes ;;
		*) was=no ;;
		esac
		case $units in
		*"$1 ${2##*/} $2 "*) if [ -x "$2" ] && { [ "$was" = yes ] || [ -e "$3" ]; }; then there=yes; fi ;;
		esac
		printf '%s %s %s %s %s %s %s\n' "$1" "${2:--}" "${3:--}" "$starts" "$was" "$there" "${5##* }"
	}
	# shellcheck source=/dev/null
	. "$keactrl" >/dev/null 2>&1 </dev/null
	tell dhcp4 "$dhcp4_srv" "$kea_dhcp4_config_file" "$dhcp4" "$kea_lockstep_dhcp4"
	tell dhcp6 "$dhcp6_srv" "$kea_dhcp6_config_file" "$dhcp6" "$kea_lockstep_dhcp6"
	tell dhcp_ddns "$dhcp_ddns_srv" "$kea_dhcp_ddns_config_file" "$dhcp_ddns" "$kea_lockstep_dhcp_ddns"
	tell ctrl_agent "$ctrl_agent_srv" "$kea_ctrl_agent_config_file" "$ctrl_agent" "$kea_lockstep_ctrl_agent"
) || :

# line_of UNIT: sets what the unit's line has: named, starts, was, there, by. Fails where there is none.
line_of() {
	there=no
	while read -r one _ named starts was there by; do
		[ "$one" != "$1" ] || return 0
	done <<TOLD
$told
TOLD
	return 1
}

# begun WORDS: sets begun, the daemon that keactrl starts by these words; none where its switch is off.
begun() {
	begun=
	while read -r one program named _ was there _; do
		case "$was$there $1" in
		"yesyes $program -c $named "*) begun=$one ;;
		esac
	done <<TOLD
$told
TOLD
}

# unit_file UNIT: sets file, keactrl's configuration. Fails where the daemon is not there.
unit_file() {
	file=
	line_of "$1" && [ "$there" = yes ] || return 1
	file=$keactrl
}

# unit_says UNIT CONFIGURATION: sets config (what keactrl starts it with), user (root's, as keactrl starts it), install (it has a switch),
# network and vrf (none: a daemon in a network namespace or a VRF is not known). After unit_file.
unit_says() { config=$named user='' install=yes network='' vrf=''; }

# unit_text: what keactrl's configuration puts into the environment for Kea and the loader, in the words of a unit.
unit_text() {
	(
		set +eu
		# shellcheck source=/dev/null
		. "$keactrl" >/dev/null 2>&1 </dev/null
		env
	) | sed -nE 's/^(KEA_[A-Z_]*|LD_LIBRARY_PATH)=(.*)$/Environment="\1=\2"/p'
}

# filled UNIT TEXT: sets filled: there are no instances.
filled() { filled=$2; }

# links UNIT: sets linked, whether keactrl starts it, the fence aside.
links() {
	linked=unlinked
	! unit_file "$1" || [ "$was" = no ] || linked=linked
}

# held UNIT: sets masked, whether the fence holds it, and run, whose fence that is.
held() {
	masked=no run=
	line_of "$1" || return 0
	run=$by
	[ -z "$run" ] || [ "$starts" = yes ] || masked=yes
}

# state_of UNIT: sets active. In: main.
state_of() {
	active=inactive
	[ "$main" = 0 ] || active=active
}
