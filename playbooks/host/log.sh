# What a daemon wrote to a log file of its own. In: file, pid (which Kea writes into each line).
set -eu
if [ -f "$file" ]; then
	tail -c 1048576 "$file" | grep -aF "/$pid." | grep -aE '_STARTED|FAIL|FATAL|ERROR|mismatch|_DISABLED|INITIALIZE_SCHEMA' || :
fi
