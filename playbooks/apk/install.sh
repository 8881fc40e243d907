# Installs packages that were fetched. Nothing of Kea starts: apk starts nothing, and the services are fenced. In: state, dir (name of the
# packages' directory), check (a line each: package version), gone (packages that must not be there afterwards), adds (packages that may have
# come to be needed), fence (services). While it is at work $state/installing says so, and of which directory. Needs fenced.sh, packages.sh and
# names.sh. Exit: 12 the packages were not fetched.
set -eu
[ -e "$state/packages/$dir/whole" ] || exit 12
fenced
world=/etc/apk/world
read -r run _ <"$state/claim"
kept=$state/runs/$run/world

# put FILE: standard input under FILE's name, in one move.
put() {
	cat >"$1.kea-lockstep"
	sync "$1.kea-lockstep"
	mv "$1.kea-lockstep" "$1"
}

# apk takes packages from files by their checksums, and writes that down as what the administrator wants. What he did want is kept
# before: while the list is as it was.
grep -qE '><|^!' "$world" || put "$kept" <"$world"
# apk writes down last what is installed: of one that was cut off, or had no room, files are there that its lists do not know. Brought to its
# end these are its own, and going from there takes them along.
half=
[ ! -e "$state/installing" ] || IFS=: read -r half _ <"$state/installing"
if [ -n "$half" ] && [ "$half" != "$dir" ]; then
	apk add --no-progress --no-network --wait 120 "$state/packages/$half"/*.apk
fi
echo "$dir: the installation of these packages was begun; $state/installing says so" | put "$state/installing"
set --
for package in $gone; do
	set -- "$@" "!$package"
done
apk add --no-progress --no-network --wait 120 "$state/packages/$dir"/*.apk "$@"
awk -v gone=" $gone " -v adds=" $adds " -v check="$check" '
	index(gone, " " $1 " ") > 0 { next }
	{ there[$1]; print }
	END {
		n = split(check, lines, "\n")
		for (i = 1; i <= n; i++) {
			split(lines[i], one, " ")
			if (one[1] != "" && index(adds, " " one[1] " ") > 0 && !(one[1] in there)) print one[1]
		}
	}' "$kept" | sort | put "$world"
there "$(ours)" ""
rm -f "$state/installing"
sync "$state"
