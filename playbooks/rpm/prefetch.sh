# Fetches the packages of both ways, so that nothing is fetched while clients wait. In: state, on and back (lists of
# package=version), gone (packages that the way on ends without), on_dir and back_dir (names of directories, one for each list). Needs
# fetched.sh.
set -eu
umask 022

# fetch DIRECTORY PACKAGE...: the packages and what they newly need.
fetch() {
	dir=$state/packages/$1
	shift
	mkdir -p "$dir"
	fetched "$dir" "$@"
	for one; do
		ls "$dir/${one%%=*}-${one#*=}".*.rpm
	done
	sync "$dir"/*.rpm "$dir"
	: >"$dir/whole"
	sync "$dir"
}

# shellcheck disable=SC2086 # lists of packages
fetch "$on_dir" $on
gone=
# shellcheck disable=SC2086
fetch "$back_dir" $back
