# Dumps the database. In: dir, name. Needs client.sh and pack.sh.
set -eu
packed speak "$dumper" --single-transaction --quick --routines --triggers --events --hex-blob --no-tablespaces \
	--default-character-set=utf8mb4 -- "$database"
# The dumping program writes this last, and only if nothing failed. Reading it back proves the file whole.
ends "$(unpacked | tail -n 1)" '-- Dump completed*'
put sql
