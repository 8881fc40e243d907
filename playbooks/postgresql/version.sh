# Says which version the dumping program has: one that is older than the server refuses to dump it. Needs client.sh.
set -eu
"$dumper" --version
