# Waits until no Kea daemon is left. What no unit owns is told to end, too: the server is claimed and fenced. In: daemons. Needs
# processes.sh.
tries=0
while left=$(processes | cut -f 1 | tr '\n' ' ') && [ -n "${left% }" ]; do
	tries=$((tries + 1))
	case $tries in
	2) signal=TERM ;;
	200) signal=KILL ;;
	300)
		echo "still there: $(processes)" >&2
		exit 1
		;;
	*) signal= ;;
	esac
	# shellcheck disable=SC2086 # a list of numbers
	[ -z "$signal" ] || kill -s "$signal" $left 2>/dev/null || :
	sleep 0.05
done
