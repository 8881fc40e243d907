# Puts a dump back over the database: everything in it is dropped, then the dump is read. Can be done again from any point. Needs
# client.sh, others.sh and load.sh.
set -eu
same
# Who is in the database would go on in another one, or holds what has to go. Of a restore that was cut off the database server
# may take a while to notice.
tries=0
seen=$(others | ask)
while [ -n "$seen" ]; do
	if [ "$tries" -ge 60 ]; then
		echo "somebody is in the database: $seen" >&2
		exit 1
	fi
	tries=$((tries + 1))
	sleep 1
	seen=$(others | ask)
done
drops=$(
	ask <<'END'
SELECT CONCAT('DROP VIEW IF EXISTS `', REPLACE(TABLE_NAME, '`', '``'), '`;') FROM information_schema.TABLES
WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'VIEW';
SELECT CONCAT('DROP TABLE IF EXISTS `', REPLACE(TABLE_NAME, '`', '``'), '`;') FROM information_schema.TABLES
WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE <> 'VIEW';
SELECT CONCAT('DROP ', ROUTINE_TYPE, ' IF EXISTS `', REPLACE(ROUTINE_NAME, '`', '``'), '`;') FROM information_schema.ROUTINES
WHERE ROUTINE_SCHEMA = DATABASE();
SELECT CONCAT('DROP EVENT IF EXISTS `', REPLACE(EVENT_NAME, '`', '``'), '`;') FROM information_schema.EVENTS
WHERE EVENT_SCHEMA = DATABASE();
END
)
printf 'SET FOREIGN_KEY_CHECKS = 0;\n%s\n' "$drops" | ask
dumped | ask
echo restored
