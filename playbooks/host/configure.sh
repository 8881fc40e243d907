# Puts configuration files in place, or back. What is overwritten is kept once, with its owner and mode. In: state, run, way (on
# or back), moves (a line each: digest before, digest after, path). Exit: 12 nothing is staged. Clients wait meanwhile: no
# program is run for what the shell can do.
set -eu
umask 077
room=$state/runs/$run

# digest FILE: sets sum.
digest() {
	sum=$(sha256sum <"$1")
	sum=${sum%% *}
}

# replace SOURCE FILE: SOURCE's content under FILE's name, owner, mode and attributes, in one move.
replace() {
	cp -a "$2" "$2.kea-lockstep"
	cat "$1" >"$2.kea-lockstep"
	sync "$2.kea-lockstep"
	mv "$2.kea-lockstep" "$2"
	sync "${2%/*}"
}

while read -r before after path; do
	[ -n "$path" ] || continue
	[ ! -e "$path.kea-lockstep" ] || rm -f "$path.kea-lockstep" # of one that was cut off
	digest "$path"
	now=$sum
	if [ "$way" = back ]; then
		[ "$now" != "$before" ] || continue
		digest "$room/kept$path"
		[ "$sum" = "$before" ]
		replace "$room/kept$path" "$path"
		continue
	fi
	[ "$now" != "$after" ] || continue
	if [ "$now" != "$before" ]; then
		echo "$path was changed since the plan was made" >&2
		exit 1
	fi
	[ -e "$room/staged$path" ] || exit 12
	digest "$room/staged$path"
	if [ "$sum" != "$after" ]; then
		echo "what was staged for $path is not what the plan says" >&2
		exit 1
	fi
	if [ ! -e "$room/kept$path" ]; then
		mkdir -p "$room/kept${path%/*}"
		cp -a "$path" "$room/kept$path.new"
		sync "$room/kept$path.new"
		mv "$room/kept$path.new" "$room/kept$path"
		sync "$room/kept${path%/*}"
	fi
	replace "$room/staged$path" "$path"
done <<END
$moves
END
