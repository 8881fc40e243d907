# Finds who else is in the database. In: ours (sessions of this run, and those that may stay, apart by commas), allowed (clients
# that may stay connected, user@address apart by commas, in hexadecimal), look (what a kea-lockstep says of itself that only looks).

# others: the statement that asks for every other session.
others() {
	cat <<END
SELECT CONCAT('session ', ID, ' of ', USER, '@', HOST) FROM information_schema.PROCESSLIST
WHERE DB = DATABASE() AND ID <> CONNECTION_ID() AND COMMAND <> 'Daemon' AND FIND_IN_SET(ID, '$ours') = 0
AND NOT (IS_USED_LOCK(CONCAT('$look.', ID)) <=> ID)
AND FIND_IN_SET(CONCAT(USER, '@', SUBSTRING_INDEX(HOST, ':', 1)), CONVERT(0x$allowed USING utf8mb4)) = 0;
END
}
