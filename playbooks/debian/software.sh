# Packages. In: sources (source packages of Kea, apart by blanks), state.
echo "@packages"
# shellcheck disable=SC2016 # dpkg-query's own variables
dpkg-query -W -f '${Package}\t${Version}\t${source:Package}\t${db:Status-Abbrev}\n' | awk -F '\t' -v sources=" $sources " '
	index(sources, " " $3 " ") > 0 || $4 !~ /^.[inc] /'
echo "@interrupted"
for part in /var/lib/dpkg/updates/[0-9]*; do
	[ ! -e "$part" ] || echo "$part"
done
echo "@fetched"
for whole in "$state"/packages/*/whole; do
	[ -e "$whole" ] || continue
	for package in "${whole%/whole}"/*.deb; do
		package=${package##*/}
		version=${package#*_}
		echo "${package%%_*}=${version%%_*}"
	done
done | sed 's/%3a/:/'
echo "@end"
