# What pkg would do. In: wanted (package=version, apart by blanks). A line for each package. Needs changes.sh.
set -eu
# shellcheck disable=SC2086 # a list of packages
listed=$(changes $wanted)
printf '%s\n' "$listed" | while read -r what name _; do
	case $what in
	'') ;;
	REMOVED) echo "Remv $name" ;;
	*) echo "Inst $name" ;;
	esac
done
