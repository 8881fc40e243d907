# Fetches the packages of both ways, so that nothing is fetched while clients wait. In: state, on and back (lists of
# package=version), on_dir and back_dir (names of directories, one for each list).
set -eu
umask 022

# fetch DIRECTORY PACKAGE...: the packages and what they newly need.
fetch() {
	dir=$state/packages/$1
	shift
	mkdir -p "$dir"
	wanted=
	for one; do
		wanted="$wanted ${one%%=*}-${one#*=}"
	done
	# shellcheck disable=SC2086 # a list of names
	dnf -q -y download --resolve --destdir "$dir" $wanted
	for one; do
		ls "$dir/${one%%=*}-${one#*=}".*.rpm
	done
	sync "$dir"/*.rpm "$dir"
	: >"$dir/whole"
	sync "$dir"
}

# shellcheck disable=SC2086 # lists of packages
fetch "$on_dir" $on
# shellcheck disable=SC2086
fetch "$back_dir" $back
