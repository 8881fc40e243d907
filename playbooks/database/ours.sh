# ours NAME PREFIX WHAT: ends the script unless a name is one that this program gives to what it is said to be.
ours() {
	case $1 in
	*[!a-z0-9_]* | "$2") ;;
	"$2"*) return 0 ;;
	esac
	echo "$1 is no $3" >&2
	exit 1
}
