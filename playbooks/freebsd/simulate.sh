# What pkg would do. In: wanted (package=version: of Kea there is one). A line for each package. Needs changes.sh.
set -eu
listed=$(changes "$wanted")
printf '%s\n' "$listed" | while read -r what name _; do
	case $what in
	'') ;;
	REMOVED) echo "Remv $name" ;;
	*) echo "Inst $name" ;;
	esac
done
