# Lets the server go: timers back, then the marker. Kept as evidence: the files that were overwritten, the jobs with their
# output, and the marker, in the run's directory; the packages, which lead back. In: state, run.
set -eu
paused=
[ ! -e "$state/runs/$run/timers" ] || read -r paused <"$state/runs/$run/timers" || :
# shellcheck disable=SC2086 # a list of names
[ -z "$paused" ] || systemctl start $paused
rm -rf "$state/runs/$run/staged"
[ ! -e "$state/marker.json" ] || mv "$state/marker.json" "$state/runs/$run/marker.json"
rm -f "$state/README" "$state/claim"
sync "$state"
