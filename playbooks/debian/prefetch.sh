# Fetches the packages of both ways, so that nothing is fetched while clients wait. In: state, on and back (lists of
# package=version), on_dir and back_dir (names of directories, one for each list).
set -eu
umask 022
export DEBIAN_FRONTEND=noninteractive

# fetch DIRECTORY PACKAGE...: the packages and what they newly need.
fetch() {
	dir=$state/packages/$1
	shift
	mkdir -p "$dir/partial"
	apt-get --quiet --yes --allow-downgrades --reinstall --download-only -o Dir::Cache::archives="$dir" \
		-o DPkg::Lock::Timeout=120 -o APT::Sandbox::User=root install "$@"
	for wanted; do
		ls "$dir/${wanted%%=*}_"*.deb
	done
	sync "$dir"/*.deb "$dir"
	: >"$dir/whole"
	sync "$dir"
}

# shellcheck disable=SC2086 # lists of packages
fetch "$on_dir" $on
# shellcheck disable=SC2086
fetch "$back_dir" $back
