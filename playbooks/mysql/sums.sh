# Says what is in the tables of a database. Needs client.sh.

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
