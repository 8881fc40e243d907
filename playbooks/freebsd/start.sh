# Starts what ran before, by keactrl and as a boot does: with nothing of this connection's, and to outlive it. In: start (units), prefix,
# keactrl.
set -eu
for unit in $start; do
	daemon -f "$prefix/sbin/keactrl" start -c "$keactrl" -s "$unit"
done
