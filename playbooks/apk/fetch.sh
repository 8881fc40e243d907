# download DIRECTORY PACKAGE=VERSION...: fetches packages. apk takes the newest of a name: each is fetched out of the one repository that
# has its version.
download() {
	into=$1
	shift
	from=$(mktemp -d)
	for one; do
		repository=$(apk policy "${one%%=*}" | awk -v version="  ${one#*=}:" '
			/^  [^ ]/ { here = $0 == version }
			/^    / && here && $1 !~ /^@/ && $1 !~ /apk\/db\/installed$/ { print $1; exit }')
		if [ -z "$repository" ]; then
			echo "no repository has $one" >&2
			exit 1
		fi
		printf '%s\t%s\n' "$repository" "${one%%=*}"
	done | sort >"$from/list"
	cut -f 1 "$from/list" | sort -u | while read -r repository; do
		echo "$repository" >"$from/repositories"
		names=$(awk -F '\t' -v from="$repository" '$1 == from { print $2 }' "$from/list")
		# shellcheck disable=SC2086 # a list of names
		apk fetch --no-progress --repositories-file "$from/repositories" --output "$into" $names
	done
	rm -rf "$from"
	for one; do
		ls "$into/${one%%=*}-${one#*=}.apk"
	done
}
