# Lifts the fence: what others had masked stays masked, and what started at boot does so again. In: fence (units), masked
# (units that were masked before), enabled (units that started at boot), disabled (units that did not).
set -eu
lifted=no
unmask=
for unit in $fence; do
	drop=/etc/systemd/system/$unit.d/kea-lockstep.conf
	if [ -e "$drop" ]; then
		rm -f "$drop"
		rmdir "${drop%/*}" 2>/dev/null || :
		lifted=yes
	fi
	case " $masked " in *" $unit "*) continue ;; esac
	[ ! -c "/etc/systemd/system/$unit" ] || unmask="$unmask $unit"
done
if [ -n "$unmask" ]; then
	# This makes systemd read everything anew.
	# shellcheck disable=SC2086 # a list of names
	systemctl --quiet unmask $unmask
elif [ "$lifted" = yes ]; then
	systemctl daemon-reload
fi
for unit in $enabled; do
	[ "$(systemctl is-enabled "$unit" 2>/dev/null)" = enabled ] || systemctl --quiet enable "$unit"
done
for unit in $disabled; do
	[ "$(systemctl is-enabled "$unit" 2>/dev/null)" != enabled ] || systemctl --quiet disable "$unit"
done
sync /etc/systemd/system
