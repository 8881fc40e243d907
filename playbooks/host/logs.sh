# What each process wrote that tells how it fares. In: running (processes). Needs what has "logged".
printf '%s\n' "$running" | while read -r pid _ unit _; do
	[ -n "$pid" ] || continue
	echo "@log	$pid"
	logged "$pid" | grep -aE '_STARTED|FAIL|FATAL|ERROR|mismatch|_DISABLED|INITIALIZE_SCHEMA' | sed 's/^@/ @/' || :
done
echo "@end"
