# Fetches packages and unpacks them, for a rehearsal: nothing of them is installed. In: state, run (the rehearsal), on (a list of
# package=version). Needs fetch.sh.
set -eu
umask 022
room=$state/runs/$run
mkdir -p "$room/packages" "$room/root"
# shellcheck disable=SC2086 # a list of packages
download "$room/packages" $on
for package in "$room/packages"/*.apk; do
	tar -xzf "$package" -C "$room/root" 2>/dev/null
done
rm -rf "$room/packages"
