# Installs packages that were fetched. Nothing of Kea starts: the units are masked. A package run that was cut
# off before is brought to its end first. In: state, dir (name of the packages' directory), check (a line each: package version), fence (units).
# Exit: 12 the packages were not fetched.
set -eu
[ -e "$state/packages/$dir/whole" ] || exit 12
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
for unit in $fence; do
	if ! [ -c "/etc/systemd/system/$unit" ]; then
		echo "$unit is not masked: its package would start it" >&2
		exit 1
	fi
done
said=$(mktemp)
trap 'rm -f "$said"' EXIT

# patient COMMAND...: runs it once the package manager's lock is free.
patient() {
	tries=0
	until "$@" >"$said" 2>&1; do
		status=$?
		cat "$said"
		grep -q 'lock.* was locked by' "$said" && [ "$tries" -lt 120 ] || return "$status"
		tries=$((tries + 1))
		sleep 1
	done
	cat "$said"
}

# What an interrupted run left half done may be mended only by the installation that follows.
patient dpkg --force-confold --force-confdef --configure --pending || :
patient dpkg --force-confold --force-confdef --install "$state/packages/$dir"/*.deb
while read -r package version; do
	[ -n "$package" ] || continue
	# shellcheck disable=SC2016 # dpkg-query's own variables
	now=$(dpkg-query -W -f '${Version} ${db:Status-Status}' "$package")
	if [ "$now" != "$version installed" ]; then
		echo "$package is $now, not $version" >&2
		exit 1
	fi
done <<END
$check
END
