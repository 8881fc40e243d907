# Fetches the packages of both ways, so that nothing is fetched while clients wait. In: state, run, on and back (lists of
# package=version).
set -eu
umask 022
export DEBIAN_FRONTEND=noninteractive

# fetch DIRECTORY PACKAGE...
fetch() {
	dir=$state/runs/$run/packages/$1
	shift
	mkdir -p "$dir/partial"
	apt-get --quiet --yes --allow-downgrades --reinstall --download-only -o Dir::Cache::archives="$dir" \
		-o DPkg::Lock::Timeout=120 -o APT::Sandbox::User=root install "$@"
	for wanted; do
		name=${wanted%%=*}
		ls "$dir/${name}_"*.deb
	done
	sync "$dir"/*.deb "$dir"
}

# shellcheck disable=SC2086 # lists of packages
fetch on $on
# shellcheck disable=SC2086
fetch back $back
