# Fetches the packages of both ways, so that nothing is fetched while clients wait. In: state, on and back (lists of
# package=version), on_dir and back_dir (names of directories, one for each list). Needs changes.sh and
# fetch.sh.
set -eu
umask 022

# fetch DIRECTORY PACKAGE=VERSION...: the packages and what they newly need.
fetch() {
	dir=$state/packages/$1
	shift
	mkdir -p "$dir"
	all=$*
	for one in $(changes "$@" | while read -r verb name version; do [ "$verb" = Purging ] || echo "$name=$version"; done); do
		case " $all " in *" $one "*) ;; *) all="$all $one" ;; esac
	done
	# shellcheck disable=SC2086 # a list of packages
	download "$dir" $all
	sync "$dir"/*.apk "$dir"
	: >"$dir/whole"
	sync "$dir"
}

# shellcheck disable=SC2086 # lists of packages
fetch "$on_dir" $on
# shellcheck disable=SC2086
fetch "$back_dir" $back
