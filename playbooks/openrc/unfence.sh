# Lifts the fence. What was in a runlevel is in it again, and in no other. In: state, run, fence (services).
set -eu
for unit in $fence; do
	rm -f "/etc/rc.conf.d/kea-lockstep-$unit.conf"
done
# A directory that was not there before goes, unless somebody else uses it by now.
[ ! -e "$state/runs/$run/made" ] || rmdir /etc/rc.conf.d 2>/dev/null || :
[ ! -d /etc/rc.conf.d ] || sync /etc/rc.conf.d
[ -e "$state/runs/$run/runlevels" ] || exit 0
for unit in $fence; do
	for link in /etc/runlevels/*/"$unit"; do
		[ -L "$link" ] || continue
		link=${link#/etc/runlevels/}
		grep -qxF "$link" "$state/runs/$run/runlevels" || rc-update --quiet delete "$unit" "${link%/*}"
	done
done
while read -r link; do
	[ -L "/etc/runlevels/$link" ] || rc-update --quiet add "${link#*/}" "${link%/*}"
done <"$state/runs/$run/runlevels"
