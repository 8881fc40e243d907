# What an upgrade changes: binaries, kea-admin's scripts, configuration files, and what lies ready. In: state,
# units, scripts, hooks, files (more configuration files, a line each). Needs units.sh.
set -eu
echo "@binary"
while read -r unit _ program _; do
	if [ -x "$program" ]; then
		"$program" -v 2>/dev/null || :
		break
	fi
done <<END
$units
END
echo "@scripts"
for dir in mysql pgsql; do
	for script in "$scripts/$dir"/upgrade_*.sh; do
		[ ! -e "$script" ] || printf '%s\t%s\n' "$dir" "${script##*/}"
	done
done
echo "@hooks"
for dir in $hooks; do
	[ ! -d "$dir" ] || echo "$dir"
done
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
