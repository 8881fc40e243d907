# Lets the server go: timers back, then the marker. Kept as evidence: the files that were overwritten, the jobs with their
# output, and the marker, in the run's directory; the packages, which lead back; in "over", the last runs that ended here, each
# with the epoch that ended it: no driver of it up to that epoch can claim the server again. In: state, run.
set -eu
umask 077
paused=
[ ! -e "$state/runs/$run/timers" ] || read -r paused <"$state/runs/$run/timers" || :
# shellcheck disable=SC2086 # a list of names
[ -z "$paused" ] || systemctl start $paused
rm -rf "$state/runs/$run/staged" "$state/runs/$run"/scripts.*
[ ! -e "$state/marker.json" ] || mv "$state/marker.json" "$state/runs/$run/marker.json"
read -r _ epoch <"$state/claim"
{
	[ ! -e "$state/over" ] || sed "/^$run /d" "$state/over"
	echo "$run $epoch"
} | tail -n 20 >"$state/over.new"
sync "$state/over.new"
mv "$state/over.new" "$state/over"
# The name is durable before the claim goes: between the two the server is held, never free and forgotten.
sync "$state"
rm -f "$state/README" "$state/claim"
sync "$state"
