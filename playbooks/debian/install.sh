# Installs packages that were fetched. Nothing of Kea starts: the units are masked. A package run that was cut
# off before is brought to its end first. In: state, dir (name of the packages' directory), check (a line each: package version), gone
# (packages that must not be there afterwards), way (on or back), fence (units). Needs fenced.sh and packages.sh.
# Exit: 12 the packages were not fetched.
set -eu
[ -e "$state/packages/$dir/whole" ] || exit 12
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
fenced
busy="lock.* was locked by"

# cut_off: whether a package run was interrupted.
cut_off() {
	for part in /var/lib/dpkg/updates/[0-9]*; do
		[ ! -e "$part" ] || return 0
	done
	grep -qE '^Status: .* (half-|unpacked|triggers-)' /var/lib/dpkg/status
}

# What an interrupted run left half done may be mended only by the installation that follows.
if cut_off; then
	patient dpkg --force-confold --force-confdef --configure --pending || :
fi
patient dpkg --force-confold --force-confdef --install "$state/packages/$dir"/*.deb
# After the others: until then one of them may depend on it.
# Configuration of what goes on the way on is wanted on the way back.
case $way in back) go=--purge ;; *) go=--remove ;; esac
# shellcheck disable=SC2086 # a list of names
[ -z "$gone" ] || patient dpkg "$go" $gone
set --
while read -r package version; do
	[ -z "$package" ] || set -- "$@" "$package"
done <<END
$check
END
[ "$#" -gt 0 ] || exit 0
# shellcheck disable=SC2016 # dpkg-query's own variables
now=$(dpkg-query -W -f '${Package} ${Version} ${db:Status-Status}\n' "$@")
there "$now" " installed"
