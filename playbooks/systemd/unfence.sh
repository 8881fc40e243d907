# Lifts the fence: what others had masked stays masked, and what started at boot does so again. In: fence (units), masked
# (units that were masked before), enabled (units that started at boot), disabled (units that did not). Needs units.sh. Clients
# wait meanwhile: no program is run for what is so already.
set -eu
drops=
dirs=
unmask=
own=no
for unit in $fence; do
	dir=/etc/systemd/system/$unit.d
	if [ -e "$dir/kea-lockstep.conf" ]; then
		drops="$drops $dir/kea-lockstep.conf"
		dirs="$dirs $dir"
	fi
	[ ! -s "/etc/systemd/system/$unit" ] || own=yes # which no mask makes systemd read anew
	case " $masked " in *" $unit "*) continue ;; esac
	[ ! -c "/etc/systemd/system/$unit" ] || unmask="$unmask $unit"
done
if [ -n "$drops" ]; then
	# shellcheck disable=SC2086 # lists of paths without blanks
	rm -f $drops
	# shellcheck disable=SC2086
	rmdir $dirs 2>/dev/null || :
fi
if [ -n "$unmask" ]; then
	# This makes systemd read everything anew.
	# shellcheck disable=SC2086 # a list of names
	systemctl --quiet unmask $unmask
elif [ -n "$drops" ] || [ "$own" = yes ]; then
	systemctl daemon-reload
fi
for unit in $enabled; do
	links "$unit"
	[ "$linked" = linked ] || systemctl --quiet enable "$unit"
done
for unit in $disabled; do
	links "$unit"
	[ "$linked" = unlinked ] || systemctl --quiet disable "$unit"
done
sync /etc/systemd/system
