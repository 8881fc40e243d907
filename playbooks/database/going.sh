# Whether a migration may begin, or go on. In: before, between (schema versions on the way, apart by blanks). Needs client.sh and
# others.sh of its kind.

# going STATEMENT: ends the script unless the schema, whose version the statement asks for, is on its way, and nobody is in the
# database. Who is there is asked for twice: a session that only looks takes a moment to say so.
going() {
	seen=$(state "$1")
	[ "$seen" = "$(printf '%s\n' "$seen" | head -n 1)" ] || {
		sleep 1
		seen=$(state "$1")
	}
	now=$(printf '%s\n' "$seen" | head -n 1)
	case " $before $between " in
	*" $now "*) ;;
	*)
		echo "the schema is at $now, which is not on the way from $before" >&2
		exit 1
		;;
	esac
	if [ "$seen" != "$now" ]; then
		echo "somebody is in the database: $seen" >&2
		exit 1
	fi
}

# state STATEMENT: the answer to it in the first line, and a session in each further one.
state() {
	{
		echo "$1"
		others
	} | ask
}
