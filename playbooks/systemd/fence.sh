# Keeps units from starting, over reboots too: a drop-in whose condition never holds, so that lifting the mask alone starts
# nothing, and the mask. Where an operator's own file lies in the mask's place, the condition alone. In: run, fence (units).
set -eu
written=no
unmasked=
for unit in $fence; do
	dir=/etc/systemd/system/$unit.d
	mkdir -p "$dir"
	text="# run $run
# The database of this Kea is being upgraded: it must not run until that is done. See $state/README.
[Unit]
ConditionPathExists=!/"
	if [ "$(cat "$dir/kea-lockstep.conf" 2>/dev/null)" != "$text" ]; then
		printf '%s\n' "$text" >"$dir/kea-lockstep.new"
		sync "$dir/kea-lockstep.new"
		mv "$dir/kea-lockstep.new" "$dir/kea-lockstep.conf"
		written=yes
	fi
	if [ -s "/etc/systemd/system/$unit" ]; then
		written=yes # whether systemd has read it is asked by nothing here
	elif ! [ -c "/etc/systemd/system/$unit" ]; then
		unmasked="$unmasked $unit"
	fi
done
if [ -n "$unmasked" ]; then
	# This makes systemd read everything anew.
	# shellcheck disable=SC2086 # a list of names
	systemctl --quiet mask $unmasked
elif [ "$written" = yes ]; then
	systemctl daemon-reload
fi
sync /etc/systemd/system
