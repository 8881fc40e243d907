# Installs packages that were fetched, or made of what was installed. Nothing of Kea starts: pkg starts nothing, and keactrl is fenced. In: state,
# dir (name of the packages' directory), check (a line each: package version), fence (units). While it is at work $state/installing says so. Needs
# units.sh and fenced.sh of keactrl, and packages.sh. Exit: 12 the packages were not fetched.
set -eu
[ -e "$state/packages/$dir/whole" ] || exit 12
export ASSUME_ALWAYS_YES=yes
fenced
busy='locked by another process'
echo "$dir: the installation of these packages was begun; $state/installing says so" >"$state/installing"
sync "$state/installing" "$state"
# What Kea needs goes before it.
ours='' others=''
for package in "$state/packages/$dir"/*.pkg; do
	name=$(pkg query -F "$package" '%n %v')
	case "
$check
" in
	*"
$name
"*) ours="$ours $package" ;;
	*) others="$others $package" ;;
	esac
done
# shellcheck disable=SC2086 # lists of paths that this program made
patient pkg add -f $others $ours
names=$(printf '%s\n' "$check" | cut -d ' ' -f 1)
# shellcheck disable=SC2086 # a list of names
there "$(pkg query '%n %v' $names)" ""
rm -f "$state/installing"
sync "$state"
