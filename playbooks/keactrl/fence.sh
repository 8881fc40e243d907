# Keeps keactrl from starting daemons, at a boot too: in its configuration the last word on each is no. What each switch is without that
# stands beside it, and the file as it was is kept. In: state, run, fence (units), keactrl.
set -eu
at=$(readlink -f "$keactrl")
kept=$state/runs/$run/keactrl.conf
if [ ! -e "$kept" ]; then
	cp -a "$at" "$kept.new"
	sync "$kept.new"
	mv "$kept.new" "$kept"
fi
rm -f "$at.kea-lockstep"
cp -a "$at" "$at.kea-lockstep"
{
	grep -v '^kea_lockstep_' "$at" || :
	for unit in $fence; do
		# shellcheck disable=SC2016 # for the shell that reads it
		printf 'kea_lockstep_%s="${%s-} %s"; %s=no # its database is being upgraded: see %s\n' "$unit" "$unit" "$run" "$unit" "$state/README"
	done
} >"$at.kea-lockstep"
sync "$at.kea-lockstep"
mv "$at.kea-lockstep" "$at"
sync "${at%/*}"
