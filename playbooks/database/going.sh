# Whether a migration may begin, or go on. In: before, between (schema versions on the way, apart by blanks).

# going SEEN: ends the script unless the schema, the first line of what was seen, is on its way, and nobody is in the database: each
# further line is a session.
going() {
	now=$(printf '%s\n' "$1" | head -n 1)
	case " $before $between " in
	*" $now "*) ;;
	*)
		echo "the schema is at $now, which is not on the way from $before" >&2
		exit 1
		;;
	esac
	if [ "$1" != "$now" ]; then
		echo "somebody is in the database: $1" >&2
		exit 1
	fi
}
