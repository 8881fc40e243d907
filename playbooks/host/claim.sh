# Takes the server for a run: writes the marker, pauses what changes packages by itself. Under the lock that every other action
# takes. In: state, run, epoch, marker, readme (contents), timers,
# packages (names of the directories of packages that the run needs).
# Exit: 10 another run holds it, 11 a newer drive of the same run does, or the run is over here.
set -eu
umask 077
mkdir -p "$state" "$state/runs/$run"
exec 8>>"$state/lock"
flock -w 30 8
# A driver that was suspended and wakes up once its run has ended finds no claim; what release left tells it.
if [ -e "$state/over" ]; then
	while read -r ended last; do
		if [ "$ended" = "$run" ] && [ "$last" -ge "$epoch" ]; then
			echo "run $run was ended here by epoch $last" >&2
			exit 11
		fi
	done <"$state/over"
fi

# driver FILE: who drives, by the marker in a file or on standard input.
driver() { sed -n 's/^  "driver": //p' "$@" 2>/dev/null || :; }

if [ -e "$state/claim" ]; then
	read -r holder newest <"$state/claim"
	if [ "$holder" != "$run" ]; then
		echo "run $holder, epoch $newest, holds $(uname -n): $(driver "$state/marker.json")" >&2
		exit 10
	fi
	if [ "$newest" -gt "$epoch" ]; then
		echo "epoch $newest has taken over" >&2
		exit 11
	fi
	# Two machines that take a run over at the same time give themselves the same epoch: it is the first one's.
	if [ "$newest" = "$epoch" ] && [ "$(printf '%s\n' "$marker" | driver)" != "$(driver "$state/marker.json")" ]; then
		echo "epoch $newest is taken by $(driver "$state/marker.json")" >&2
		exit 11
	fi
fi

# put FILE CONTENT: whole or not at all.
put() {
	printf '%s\n' "$2" >"$1.new"
	sync "$1.new"
	mv "$1.new" "$1"
}

# What is found is written down once, before the first effect.
found=$state/runs/$run/timers
if [ ! -e "$found" ]; then
	active=
	for timer in $timers; do
		! systemctl is-active --quiet "$timer" || active="$active $timer"
	done
	put "$found" "$active"
fi
put "$state/marker.json" "$marker"
put "$state/README" "$readme"
put "$state/claim" "$run $epoch"
sync "$state" "$state/runs/$run"
# Staged files of runs that ended before they claimed anything hold passwords and serve nobody; packages take room.
for other in "$state"/runs/*; do
	case $other in
	*/"$run") ;;
	*) rm -rf "$other/staged" ;;
	esac
done
for other in "$state"/packages/*; do
	case " $packages " in
	*" ${other##*/} "*) ;;
	*) rm -rf "$other" ;;
	esac
done
read -r paused <"$found" || :
# shellcheck disable=SC2086 # a list of names
[ -z "$paused" ] || systemctl stop $paused
