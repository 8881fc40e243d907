# Restores a dump into a scratch database, to be compared. The names of those who defined triggers and routines are left out:
# the scratch database is not theirs. In: scratch. Needs client.sh, same.sh and scratch.sh.
set -eu
same
database=
ask <<END
DROP DATABASE IF EXISTS $scratch;
CREATE DATABASE $scratch;
END
database=$scratch
# Statements begin a line, rows never do: a line end in a row is written \n. A backtick in a name is written twice, so that a quoted
# name is one stretch between backticks after the other.
# shellcheck disable=SC2016 # the quotes of SQL
unpacked | sed -e 's,^\(/\*![0-9]* CREATE\*/ \)/\*![0-9]* DEFINER=\(`[^`]*`\)*@\(`[^`]*`\)*\*/,\1,' \
	-e 's,^CREATE DEFINER=\(`[^`]*`\)*@\(`[^`]*`\)* ,CREATE ,' \
	-e 's,^/\*![0-9]* DEFINER=\(`[^`]*`\)*@\(`[^`]*`\)* SQL SECURITY DEFINER \*/,,' | ask
echo restored
