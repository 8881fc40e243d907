# Carries the rows of tables within the server, leases of IPv6 beside all others: with those of IPv4 they are nearly all there is. Needs
# client.sh.

# listed: the database's tables, a line each, apart by tabs: the half that it is of (1 or 2), name, how many columns are made of others, and a
# list of all other columns.
listed() {
	all=$(
		ask <<'END'
SET SESSION group_concat_max_len = 1000000;
SELECT CONCAT('`', REPLACE(TABLE_NAME, '`', '``'), '`'), COUNT(NULLIF(GENERATION_EXPRESSION, '')),
	GROUP_CONCAT(IF(IFNULL(GENERATION_EXPRESSION, '') = '', CONCAT('`', REPLACE(COLUMN_NAME, '`', '``'), '`'), NULL) ORDER BY ORDINAL_POSITION SEPARATOR ', ')
FROM information_schema.TABLES JOIN information_schema.COLUMNS USING (TABLE_SCHEMA, TABLE_NAME)
WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' GROUP BY TABLE_NAME;
END
	) || return
	printf '%s\n' "$all" | awk '{ printf "%d\t%s\n", /^.lease6/ ? 2 : 1, $0 }'
}

# half OF: runs those of the statements that are of it. Values are taken as they are: a date of zeros, a time that a change of clocks has
# twice.
half() {
	{
		echo "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00', foreign_key_checks = 0, unique_checks = 0;"
		printf '%s\n' "$statements" | sed -n "s/^$1	//p"
	} | ask
}

# carried: runs the statements on standard input, a line each after the half that it is of and a tab. Each half is done in order.
carried() {
	statements=$(cat)
	{
		status=0
		half 1 || status=$?
		echo "$status"
	} | {
		status=0
		half 2 || status=$?
		read -r other
		[ "$status$other" = 00 ]
	}
}
