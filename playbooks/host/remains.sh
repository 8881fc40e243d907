# What runs left on the server. In: state.
set -eu
run=
echo "@claim"
if [ -e "$state/claim" ]; then
	read -r claim <"$state/claim"
	echo "$claim"
	run=${claim%% *}
fi
echo "@marker"
if [ -n "$run" ]; then
	# A release that was cut off has put the marker aside and not let go yet.
	cat "$state/marker.json" 2>/dev/null || cat "$state/runs/$run/marker.json"
	echo "@since"
	stat -c %Y "$state/runs/$run/timers"
	echo "@jobs"
	for dir in "$state/runs/$run/jobs"/*/*; do
		[ ! -d "$dir" ] || echo "${dir#"$state/runs/$run/jobs/"}"
	done
fi
echo "@over"
[ ! -e "$state/over" ] || cat "$state/over"
echo "@end"
