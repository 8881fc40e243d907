# Addresses of this server, in its own network and in those that its units of Kea name, and of names as it knows them. In: names (apart by
# blanks), units. Needs units.sh and networks.sh.
set -eu
echo "@addresses"
{
	ip -o addr show
	network_of /proc/self/ns/net
	seen=$net
	# A login may have a network of its own.
	set -- /proc/1/ns/net
	while read -r unit _; do
		unit_file "${unit:-none}" || continue
		unit_says "$unit" ''
		[ -z "$network" ] || set -- "$@" "$network"
	done <<END
$units
END
	for path; do
		network_of "$path"
		case " $seen " in *" ${net:-$seen} "*) continue ;; esac
		seen="$seen $net"
		nsenter "--net=$path" ip -o addr show || :
	done
} | awk '{ sub(/\/.*/, "", $4); print $4 }'
echo "@names"
for name in $names; do
	getent ahosts "$name" | awk -v name="$name" '{ print name "\t" $1 }' | sort -u || :
done
echo "@end"
