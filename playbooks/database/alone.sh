# Waits until nobody else is in the database. Needs client.sh and others.sh of its kind.

# alone: who is there would go on in another database, or holds what has to go. Of a restore that was cut off the database server
# may take a while to notice.
alone() {
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
}
