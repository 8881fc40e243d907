# Packages. In: sources (what packages are built from), state. What apk could not put in place whole has a line "f:"; an installation of ours
# that was cut off has left its mark.
echo "@packages"
awk -v sources=" $sources " 'BEGIN { RS = ""; FS = "\n" } {
	name = version = origin = ""
	state = "ii "
	for (i = 1; i <= NF; i++) {
		if ($i ~ /^P:/) name = substr($i, 3)
		if ($i ~ /^V:/) version = substr($i, 3)
		if ($i ~ /^o:/) origin = substr($i, 3)
		if ($i ~ /^f:/) state = "iF "
	}
	if (index(sources, " " origin " ") > 0 || state != "ii ") print name "\t" version "\t" origin "\t" state
}' /lib/apk/db/installed
echo "@interrupted"
[ ! -e "$state/installing" ] || cat "$state/installing"
echo "@fetched"
for whole in "$state"/packages/*/whole; do
	[ -e "$whole" ] || continue
	for package in "${whole%/whole}"/*.apk; do
		package=${package##*/}
		package=${package%.apk}
		version=${package%-*}
		echo "${version%-*}=${version##*-}-${package##*-}"
	done
done
echo "@end"
