# The whole look, as far as it is the same on every system. In: units, tools, own (programs of the operator's
# own, one a line), backups. Needs units.sh and configs.sh.
set -eu
echo "@os"
cat /etc/os-release
echo "@uid"
id -u
echo "@clock"
date +%s.%N
echo "@zone"
date +%z
echo "@configs"
configs all
echo "@tools"
for tool in $tools; do
	printf '%s\t%s\n' "$tool" "$(command -v "$tool" || :)"
done
while IFS= read -r tool; do
	[ -z "$tool" ] || printf '%s\t%s\n' "$tool" "$(command -v "$tool" || :)"
done <<END
$own
END
echo "@disk"
for dir in /var /usr "$backups"; do
	# A directory that is still to be made lies where the nearest one above it lies.
	while [ ! -d "$dir" ]; do dir=${dir%/*} && dir=${dir:-/}; done
	printf '%s\t%s\n' "$dir" "$(df -Pk "$dir" | awk 'NR == 2 { print $4 }')"
done
