# Packages. An installation of ours that was cut off has left its mark. In: sources (the packages of Kea), state.
echo "@packages"
# shellcheck disable=SC2086 # a list of names
pkg query '%n %v' $sources | while read -r name version; do
	printf '%s\t%s\t%s\tii \n' "$name" "$version" "$name"
done
echo "@interrupted"
[ ! -e "$state/installing" ] || cat "$state/installing"
echo "@fetched"
for whole in "$state"/packages/*/whole; do
	[ -e "$whole" ] || continue
	for package in "${whole%/whole}"/*.pkg; do
		pkg query -F "$package" '%n=%v'
	done
done
echo "@end"
