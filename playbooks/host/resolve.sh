# Addresses of this server, and of names as it knows them. In: names (apart by blanks).
set -eu
echo "@addresses"
ip -o addr show | awk '{ sub(/\/.*/, "", $4); print $4 }'
echo "@names"
for name in $names; do
	getent ahosts "$name" | awk -v name="$name" '{ print name "\t" $1 }' | sort -u || :
done
echo "@end"
