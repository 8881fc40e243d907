# What an upgrade changes: binaries and kea-admin's scripts. In: units, scripts, hooks.
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
