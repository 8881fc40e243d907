# Installs packages that were fetched. Nothing of Kea starts: the units are masked. In: state, dir (name of the packages' directory), check
# (a line each: package version), gone (packages that must not be there afterwards), fence (units).
# Exit: 12 the packages were not fetched.
set -eu
[ -e "$state/packages/$dir/whole" ] || exit 12
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
		grep -q "can't create transaction lock" "$said" && [ "$tries" -lt 120 ] || return "$status"
		tries=$((tries + 1))
		sleep 1
	done
	cat "$said"
}

# versions PACKAGE: those that are installed, a line each.
versions() { rpm -q --qf '%{VERSION}-%{RELEASE}\n' "$1" 2>/dev/null || :; }

# Packages of another version want others of theirs: the ones that go, go first, and what wants them comes in its older version.
for package in $gone; do
	[ "$(versions "$package" | grep -c '^[0-9]')" = 0 ] || patient rpm --erase --nodeps "$package"
done
patient rpm --upgrade --oldpackage --replacepkgs "$state/packages/$dir"/*.rpm
while read -r package version; do
	[ -n "$package" ] || continue
	# A transaction that was cut off leaves the version before beside the new one.
	for left in $(versions "$package"); do
		[ "$left" = "$version" ] || patient rpm --erase --nodeps --noscripts --justdb "$package-$left"
	done
	now=$(versions "$package")
	if [ "$now" != "$version" ]; then
		printf '%s is not installed at %s: %s\n' "$package" "$version" "$now" >&2
		exit 1
	fi
done <<END
$check
END
