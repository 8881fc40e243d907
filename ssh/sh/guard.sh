# Take the lock on descriptor 9 and compare the epoch. kl_end KIND STATUS ends the script.
if [ -n "$kl_lock" ]; then
	if ! [ -e "$kl_epoch" ]; then
		printf '(absent)'
		kl_end superseded 75
	fi
	# "true" first: a failed redirection of "exec" would end the shell without a word.
	true 9>>"$kl_lock" || kl_end lock 1
	exec 9>>"$kl_lock"
	flock -w "$kl_wait" 9 || kl_end lock 1
	kl_found='' kl_more=''
	{
		IFS= read -r kl_found
		IFS= read -r kl_more || :
	} <"$kl_epoch" || kl_end lock 1
	if [ "$kl_found" != "$kl_want" ] || [ -n "$kl_more" ]; then
		printf '%s' "$kl_found"
		kl_end superseded 75
	fi
fi
