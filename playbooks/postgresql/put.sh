# Puts a copy within the database back over the schema that Kea's tables are in: everything in it is dropped, the tables are made, their rows
# come from the copy, and then keys and what acts on rows are made. All of it happens or nothing, so it can be done again from any point. Needs
# client.sh, others.sh, alone.sh, copied.sh, sums.sh, kept.sh, load.sh and cleared.sh.
set -eu
same
alone
listed

# held WHY: statements that fail unless :sums are those of the copy.
held() {
	cat <<END
SELECT sums = :'sums' AS held FROM $copy.kea_lockstep_copy \\gset
\\if :held
\\else
DO \$\$ BEGIN RAISE EXCEPTION '$1'; END \$\$;
\\endif
END
}

rows() {
	cat <<END
SELECT format('INSERT INTO %I.%I (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM $copy.%I', :'home', c.relname, string_agg(format('%I', a.attname), ', ' ORDER BY a.attnum),
	string_agg(format('%I::%s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum), c.relname)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = :'home') AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
	AND coalesce(to_jsonb(a) ->> 'attgenerated', '') = '' GROUP BY c.relname \\gexec
END
}

# What cannot be read to its end must not be committed as far as it went.
said=$(
	{
		still
		echo 'BEGIN;'
		summing "'$copy'" "'$copy'"
		held "the copy $copy is not what was copied: its rows were changed"
		cleared
		loaded --file=- --section=pre-data &&
			rows &&
			loaded --file=- --section=data --section=post-data &&
			still &&
			summing ":'home'" "'$copy'" &&
			held "the rows are not those of $copy" &&
			printf "COMMIT;\nSELECT 'restored';\n"
	} | ask
)
[ "$(printf '%s\n' "$said" | tail -n 1)" = restored ]
echo restored
