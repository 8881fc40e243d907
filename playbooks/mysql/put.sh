# Puts a copy within the database server back over the database: everything in it is dropped, the tables are made, their rows come from
# the copy, and then what acts on rows is made. Can be done again from any point. Needs client.sh, others.sh, alone.sh, copied.sh, sums.sh,
# rows.sh, kept.sh and emptied.sh.
set -eu
same
alone
emptied
unpacked | sed '/^-- kea-lockstep: rows$/,$d' | ask
tables=$(listed)
rows=$(
	printf '%s\n' "$tables" | while IFS='	' read -r half name made list; do
		printf '%s\tINSERT INTO %s (%s) SELECT %s FROM %s.%s;\n' "$half" "$name" "$list" "$list" "$copy" "$name"
	done
)
carried <<END
$rows
END
unpacked | sed '1,/^-- kea-lockstep: rows$/d' | ask
is=$(summed)
if [ "$is" != "$sums" ]; then
	echo "the rows are not those of $copy" >&2
	exit 1
fi
echo restored
