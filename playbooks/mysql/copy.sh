# Copies the database within its server, into another beside it: each table's rows, without keys, and the structure as a packed dump in
# two parts, what is there before rows are and what acts on them. Can be done again from any point: the table that has the structure and the
# sums comes last. In: copy, dir. Needs client.sh, copied.sh, sums.sh and rows.sh.
set -eu
mkdir -p "$dir"
path=$(mktemp "$dir/.structure.XXXXXX")
trap 'rm -f "$path" "$path.status"' EXIT

# part OPTION...: a part of the structure. The dumping program's last line comes only if nothing failed.
part() {
	speak "$dumper" --no-data --single-transaction --no-tablespaces --default-character-set=utf8mb4 "$@" -- "$database"
}
{
	status=0
	{ part --routines --skip-triggers && echo '-- kea-lockstep: rows' && part --no-create-info --triggers --events; } || status=$?
	echo "$status" >"$path.status"
} | gzip -1 >"$path"
[ "$(cat "$path.status")" = 0 ]
ends=$(unpacked | grep -c '^-- Dump completed') || true
if [ "$ends" -ne 2 ]; then
	echo "the dump of the structure is not whole" >&2
	exit 1
fi

# A table with generated columns keeps its definition, for its checksum knows of them.
tables=$(listed)
copies=$(
	printf '%s\n' "$tables" | while IFS='	' read -r half name made list; do
		if [ "$made" = 0 ]; then
			printf '%s\tCREATE TABLE %s.%s ENGINE=InnoDB AS SELECT %s FROM %s;\n' "$half" "$copy" "$name" "$list" "$name"
		else
			printf '%s\tCREATE TABLE %s.%s LIKE %s;\n' "$half" "$copy" "$name" "$name"
			printf '%s\tINSERT INTO %s.%s (%s) SELECT %s FROM %s;\n' "$half" "$copy" "$name" "$list" "$list" "$name"
		fi
	done
)
ask <<END
DROP DATABASE IF EXISTS $copy;
CREATE DATABASE $copy;
END
carried <<END
$copies
END
sums=$(
	database=$copy
	summed
)
ask <<END
CREATE TABLE $copy.kea_lockstep_copy ENGINE=InnoDB AS SELECT '$(base64 -w 0 "$path")' AS structure, '$sums' AS sums;
END
printf 'copy\t%s\ndrop\tDROP DATABASE %s\ntables\t%s\n' "$copy" "$copy" "$(printf '%s\n' "$tables" | wc -l)"
