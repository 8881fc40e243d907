# Lists the tables of a database, and says what is in them. Needs client.sh.

# listed: the database's tables, a line each, apart by tabs: name, how many columns are made of others, and a list of all other columns.
listed() {
	ask <<'END'
SET SESSION group_concat_max_len = 1000000;
SELECT CONCAT('`', REPLACE(TABLE_NAME, '`', '``'), '`'), COUNT(NULLIF(GENERATION_EXPRESSION, '')),
	GROUP_CONCAT(IF(IFNULL(GENERATION_EXPRESSION, '') = '', CONCAT('`', REPLACE(COLUMN_NAME, '`', '``'), '`'), NULL) ORDER BY ORDINAL_POSITION SEPARATOR ', ')
FROM information_schema.TABLES JOIN information_schema.COLUMNS USING (TABLE_SCHEMA, TABLE_NAME)
WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' GROUP BY TABLE_NAME;
END
}

# summed: a digest of the checksums of all tables and of their names. It is the same of the same rows, whatever keys the tables have, in the
# same server.
summed() {
	checks=$(
		ask <<'END'
SET SESSION group_concat_max_len = 1000000;
SELECT CONCAT('CHECKSUM TABLE ', GROUP_CONCAT(CONCAT('`', REPLACE(TABLE_NAME, '`', '``'), '`') ORDER BY TABLE_NAME SEPARATOR ', '), ';')
FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' AND TABLE_NAME <> 'kea_lockstep_copy';
END
	) && values=$(printf '%s\n' "$checks" | ask) || return 1
	printf '%s\n%s\n' "$checks" "$(printf '%s\n' "$values" | sed 's/.*	//')" | sha256sum | cut -d ' ' -f 1
}
