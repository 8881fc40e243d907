# The rehearsals that have a room here: name, whether the driver lives, and who that is. In: state.
set -eu
echo "@rooms"
for room in "$state"/runs/rehearsal-*; do
	[ -d "$room" ] || continue
	alive=yes driver=
	if [ ! -e "$room/alive" ] || (exec 8<"$room/alive" && flock -n 8); then
		alive=no
	fi
	[ ! -e "$room/driver" ] || read -r driver <"$room/driver" || :
	printf '%s\t%s\t%s\n' "${room##*/}" "$alive" "$driver"
done
echo "@end"
