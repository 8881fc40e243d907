# Addresses of this server, and of names as it knows them. In: names (apart by blanks).
set -eu
echo "@addresses"
ifconfig -a | awk '$1 == "inet" || $1 == "inet6" { sub(/%.*/, "", $2); print $2 }'
echo "@names"
for name in $names; do
	getent hosts "$name" | awk -v name="$name" '{ print name "\t" $1 }' | sort -u || :
done
echo "@end"
