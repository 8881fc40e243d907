# Fetches packages and unpacks them, for a rehearsal: nothing of them is installed. In: state, run (the rehearsal), on (a list of
# package=version), gone (packages that the way on ends without). Needs fetched.sh.
set -eu
umask 022
room=$state/runs/$run
mkdir -p "$room/packages" "$room/root"
# shellcheck disable=SC2086 # a list of packages
fetched "$room/packages" $on
for package in "$room/packages"/*.rpm; do
	(cd "$room/root" && rpm2cpio "$package" | cpio --extract --make-directories --quiet)
done
rm -rf "$room/packages"
