# Installs packages that were fetched. Nothing of Kea starts: the units are masked. In: state, dir (name of the packages' directory), check
# (a line each: package version), gone (packages that must not be there afterwards), fence (units). Needs fenced.sh and packages.sh.
# Exit: 12 the packages were not fetched.
set -eu
[ -e "$state/packages/$dir/whole" ] || exit 12
fenced
busy="can't create transaction lock"

# versions PACKAGE: those that are installed, a line each.
versions() { rpm -q --qf '%{VERSION}-%{RELEASE}\n' "$1" 2>/dev/null || :; }

# Packages of another version want others of theirs: the ones that go, go first, and what wants them comes in its older version. The
# configuration of one that goes stays, for the way back wants it: rpm takes it away, or calls it .rpmsave where it was changed.
aside=$state/ended
for package in $gone; do
	[ "$(versions "$package" | grep -c '^[0-9]')" != 0 ] || continue
	rpm -qc "$package" | while read -r file; do
		[ -f "$file" ] || continue
		mkdir -p "$aside${file%/*}"
		cp -a "$file" "$aside$file"
	done
	[ ! -d "$aside" ] || sync "$aside"
	patient rpm --erase --nodeps "$package"
done
if [ -d "$aside" ]; then
	find "$aside" -type f | while read -r copy; do
		file=${copy#"$aside"}
		[ -e "$file" ] || cp -a "$copy" "$file"
		if [ -e "$file.rpmsave" ] && [ "$(sha256sum <"$file.rpmsave")" = "$(sha256sum <"$copy")" ]; then rm "$file.rpmsave"; fi
	done
	rm -rf "$aside"
fi
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
