# Starts what ran before. In: start (services).
set -eu
for unit in $start; do
	rc-service --quiet "$unit" start
done
