# The whole look, apk's part. In: adds (packages that may come to be needed besides). Needs packages.sh and names.sh.
echo "@available"
# Of what is in a repository alone, and by no name of its own (@edge): of each version the repositories that have it follow it. The newest first.
ours=$(ours | cut -d ' ' -f 1)
# shellcheck disable=SC2086 # a list of names
[ -z "$ours" ] || apk policy $ours $adds | awk '
	/^[^ ]/ { name = $1 }
	/^  [^ ]/ { version = $1; sub(/:$/, "", version) }
	/^    / && $1 !~ /^@/ && $1 !~ /apk\/db\/installed$/ && !(name " " version in told) {
		told[name " " version]
		n = split(version, numbers, /[^0-9]+/)
		key = ""
		for (i = 1; i <= n; i++) key = key sprintf("%06d", numbers[i])
		print name "\t" key "\t" version "\t" $1
	}' | sort -t '	' -k 1,1 -k 2,2r | cut -f 1,3,4
echo "@holds"
for package in $ours; do
	! grep -qE "^${package}[<>=~@]" /etc/apk/world || echo "$package"
done
echo "@locked"
locked /lib/apk/db/lock
echo "@end"
