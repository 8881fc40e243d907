# Fetches packages and unpacks them, for a rehearsal: nothing of them is installed. In: state, run (the rehearsal), on (a list of
# package=version).
set -eu
umask 022
room=$state/runs/$run
mkdir -p "$room/packages" "$room/root"
wanted=
for one in $on; do
	wanted="$wanted ${one%%=*}-${one#*=}"
done
# shellcheck disable=SC2086 # a list of names
dnf -q -y download --resolve --destdir "$room/packages" $wanted
for package in "$room/packages"/*.rpm; do
	(cd "$room/root" && rpm2cpio "$package" | cpio --extract --make-directories --quiet)
done
rm -rf "$room/packages"
