# Lifts the fence: its lines go. Where nobody changed the rest, the file is the one that was. In: state, run, keactrl.
set -eu
at=$(readlink -f "$keactrl")
grep -q '^kea_lockstep_' "$at" || exit 0
kept=$state/runs/$run/keactrl.conf
rm -f "$at.kea-lockstep"
cp -a "$at" "$at.kea-lockstep"
rest=$(grep -v '^kea_lockstep_' "$at") || :
if [ "$rest" = "$(cat "$kept")" ]; then
	cp -a "$kept" "$at.kea-lockstep"
else
	printf '%s\n' "$rest" >"$at.kea-lockstep"
fi
sync "$at.kea-lockstep"
mv "$at.kea-lockstep" "$at"
sync "${at%/*}"
