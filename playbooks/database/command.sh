# Runs the operator's own command that backs a database up or restores it. It is told in its environment what that is about; no password
# is in it, and nothing to read. It has ended once its output has. What it puts out is told line by line, and its last line once more.
# In: words (the command, a word a line), what (backup or restore), backup (the name of the backup), said (restore: the last line that
# the command put out as it made that), run, server, attempt, id (the database's identity), engine, host, port, user, database, schema
# (its version).
set -eu
KEA_LOCKSTEP_WHAT=$what KEA_LOCKSTEP_BACKUP=$backup KEA_LOCKSTEP_SAID=$said KEA_LOCKSTEP_RUN=$run KEA_LOCKSTEP_SERVER=$server
KEA_LOCKSTEP_ATTEMPT=$attempt KEA_LOCKSTEP_DATABASE=$id KEA_LOCKSTEP_ENGINE=$engine KEA_LOCKSTEP_HOST=$host KEA_LOCKSTEP_PORT=$port
KEA_LOCKSTEP_USER=$user KEA_LOCKSTEP_NAME=$database KEA_LOCKSTEP_SCHEMA=$schema
export KEA_LOCKSTEP_WHAT KEA_LOCKSTEP_BACKUP KEA_LOCKSTEP_SAID KEA_LOCKSTEP_RUN KEA_LOCKSTEP_SERVER KEA_LOCKSTEP_ATTEMPT
export KEA_LOCKSTEP_DATABASE KEA_LOCKSTEP_ENGINE KEA_LOCKSTEP_HOST KEA_LOCKSTEP_PORT KEA_LOCKSTEP_USER KEA_LOCKSTEP_NAME KEA_LOCKSTEP_SCHEMA
set --
while IFS= read -r word; do
	set -- "$@" "$word"
done <<END
$words
END
# Its status and its last line, for the other end of a pipe cannot set a variable.
ended=$(mktemp)
last=$(mktemp)
trap 'rm -f "$ended" "$last"' EXIT
{
	status=0
	"$@" </dev/null 2>&1 || status=$?
	echo "$status" >"$ended"
} | while IFS= read -r line || [ -n "$line" ]; do
	# What it says is not taken for what this script does.
	printf '| %s\n' "$line"
	[ -z "$line" ] || printf '%s\n' "$line" >"$last"
done
status=$(cat "$ended")
printf 'status\t%s\nsaid\t%s\n' "$status" "$(cat "$last")"
if [ "$status" != 0 ]; then
	exit 1
fi
printf 'backup\t%s\n' "$backup"
