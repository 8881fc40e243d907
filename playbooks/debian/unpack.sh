# Fetches packages and unpacks them, for a rehearsal: nothing of them is installed. In: state, run (the rehearsal), on (a list of
# package=version).
set -eu
umask 022
export DEBIAN_FRONTEND=noninteractive
room=$state/runs/$run
mkdir -p "$room/packages/partial" "$room/root"
# shellcheck disable=SC2086 # a list of packages
apt-get --quiet --yes --allow-downgrades --reinstall --download-only -o Dir::Cache::archives="$room/packages" \
	-o DPkg::Lock::Timeout=120 -o APT::Sandbox::User=root install $on
for package in "$room/packages"/*.deb; do
	dpkg-deb -x "$package" "$room/root"
done
rm -rf "$room/packages"
