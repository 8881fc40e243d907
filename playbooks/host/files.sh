# The configuration files, in their places and staged. In: state, units, files (more of them, a line each). Needs units.sh.
set -eu
echo "@files"
set --
while read -r unit _ _ config; do
	unit_file "${unit:-none}" || continue
	unit_says "$unit" "$config"
	[ ! -f "$config" ] || set -- "$@" "$config"
done <<END
$units
END
while read -r file; do
	[ ! -f "$file" ] || set -- "$@" "$file"
done <<END
$files
END
[ "$#" = 0 ] || sha256sum "$@"
echo "@staged"
for dir in "$state"/runs/*/staged; do
	[ ! -d "$dir" ] || find "$dir" -type f -exec sha256sum {} +
done
echo "@end"
