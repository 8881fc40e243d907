# Removes a rehearsal's room, after what it still runs. In: state, run (the rehearsal), unit (what the names of its units begin with), patience
# (how many seconds its driver may take to let go). Exit: 10 its driver lives.
set -eu
case $run in
*/* | rehearsal-) known=no ;;
rehearsal-*) known=yes ;;
*) known=no ;;
esac
if [ "$known" = no ]; then
	echo "$run is no rehearsal" >&2
	exit 1
fi
room=$state/runs/$run
[ -d "$room" ] || exit 0
exec 7>>"$state/lock"
flock -w 30 7
exec 8>>"$room/alive"
flock -w "$patience" 8 || exit 10
ended "$unit"
rm -rf "$room"
