# Claim a job by making its directory, write down what it is, and start it so
# that it outlives this connection. Exit: 73 claimed already, 72 the claim's
# lock is held, 74 launched and not heard of.
set -eu
umask 077
parent=${dir%/*}
[ -d "$parent" ] || mkdir -p "$parent"
# One start or look at a time: nobody sees a claim that is half made.
exec 7>>"$parent/.claim"
flock -w 30 7 || exit 72
if ! mkdir "$dir" 2>/dev/null; then
	[ ! -d "$dir" ] || exit 73
	mkdir "$dir"
fi
kl_booted
printf '%s\n' "$boot" >"$dir/bootid"
printf '%s\n' "$unit" >"$dir/unit"
printf '%s' "$script" >"$dir/script"
printf '%s' "$params" >"$dir/params"
printf '%s' "$guard" >"$dir/guard"
printf '%s' "$runner" >"$dir/runner"
[ -z "$secrets" ] || printf '%s' "$secrets" >"$dir/secrets"
: >"$dir/output"
# Whoever holds "alive" shared is the job; a job that is being started counts.
exec 8>>"$dir/alive"
flock -s 8
# On the disk before the effect, so that a power cut cannot take the claim and leave the effect.
sync "$dir/script" "$dir/bootid" "$dir" "$parent"
if [ -d /run/systemd/system ] && command -v systemd-run >/dev/null; then
	systemd-run --quiet --collect --unit="$unit" --description="$title" \
		--property=IgnoreSIGPIPE=no --property=KillMode=control-group \
		/bin/sh "$dir/runner" "$dir" 7>&- 8>&-
else
	setsid /bin/sh "$dir/runner" "$dir" </dev/null >/dev/null 2>&1 7>&- &
fi
tries=0
until [ -e "$dir/started" ]; do
	tries=$((tries + 1))
	[ "$tries" -le 200 ] || exit 74
	sleep 0.05
done
