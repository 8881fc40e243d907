# Makes the room of a rehearsal, and shows that its driver lives: until standard input ends, which it does with the connection, the
# room's file "alive" is locked. In: state, run (the rehearsal), driver.
set -eu
umask 077
mkdir -p "$state/runs"
room=$state/runs/$run
# Nobody finds a room that is there already and not locked yet.
exec 7>>"$state/lock"
flock -w 30 7
mkdir "$room" "$room/aside"
printf '%s\n' "$driver" >"$room/driver"
exec 8>>"$room/alive"
flock -s 8
exec 7>&-
echo taken
cat >/dev/null
