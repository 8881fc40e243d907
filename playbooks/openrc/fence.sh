# Keeps services from starting, over reboots and over upgrades of their packages, which bring their scripts anew: whatever starts a
# service of OpenRC reads /etc/rc.conf.d before the script, and there each has a file that lets it stop and nothing else. It is written
# down which runlevels they are in. In: state, run, fence (services).
set -eu
umask 022
dir=/etc/rc.conf.d
if [ ! -d "$dir" ]; then
	: >"$state/runs/$run/made"
	mkdir "$dir"
fi
if [ ! -e "$state/runs/$run/runlevels" ]; then
	for unit in $fence; do
		for link in /etc/runlevels/*/"$unit"; do
			[ ! -L "$link" ] || printf '%s\n' "${link#/etc/runlevels/}"
		done
	done >"$state/runs/$run/runlevels.new"
	sync "$state/runs/$run/runlevels.new"
	mv "$state/runs/$run/runlevels.new" "$state/runs/$run/runlevels"
fi
for unit in $fence; do
	# gendepends.sh reads it for the order of services, and starts none.
	text="# run $run
# The database of this Kea is being upgraded: it must not run until that is done. See $state/README.
if [ \"\$RC_SVCNAME\" = $unit ]; then
	case \"\${0##*/} \${RC_CMD-}\" in
	\"gendepends.sh \"* | *\" stop\" | *\" status\" | *\" describe\") ;;
	*)
		echo \"\$RC_SVCNAME is fenced by kea-lockstep: see $state/README\" >&2
		# openrc-run loses a child that ends before it knows its number, and waits for ever.
		sleep 1
		exit 1
		;;
	esac
fi"
	file=$dir/kea-lockstep-$unit.conf
	[ "$(cat "$file" 2>/dev/null)" != "$text" ] || continue
	printf '%s\n' "$text" >"$file.new"
	sync "$file.new"
	mv "$file.new" "$file"
done
sync "$dir"
