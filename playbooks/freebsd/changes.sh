# needed NAME...: these packages and all that they need, as the repositories have them.
needed() {
	all=$* new=$*
	while [ -n "$new" ]; do
		# shellcheck disable=SC2086 # a list of names
		found=$(pkg rquery -U '%dn' $new | sort -u) || :
		new=
		for one in $found; do
			case " $all " in *" $one "*) ;; *) all="$all $one" new="$new $one" ;; esac
		done
	done
	echo "$all"
}

# changes PACKAGE=VERSION: what pkg would do to bring it to that version, a line each: what (INSTALLED, UPGRADED, DOWNGRADED, REINSTALLED, REMOVED),
# name, version that comes or goes; nothing where it is installed. Ends the script where pkg would bring another. By itself pkg leaves a library alone that
# is there by name, even where Kea needs it anew: so it is asked for all that Kea needs.
changes() {
	name=${1%%=*} version=${1#*=}
	[ "$(pkg query '%v' "$name")" != "$version" ] || return 0
	# Whether a dry run that would change something is a success differs from release to release.
	# shellcheck disable=SC2046 # a list of names
	said=$(pkg install -U -n -y $(needed "$name") 2>&1) || :
	listed=$(printf '%s\n' "$said" | awk '
		/^(New|Installed) packages to be [A-Z]+:/ { what = $NF; sub(/:$/, "", what); next }
		/^[^[:space:]]/ { what = "" }
		/^[[:space:]]/ && what != "" && NF > 0 {
			name = $1
			if (sub(/:$/, "", name)) version = ($3 == "->" ? $4 : $2)
			else { version = name; sub(/.*-/, "", version); sub(/-[^-]*$/, "", name) }
			print what, name, version
		}')
	case "
$listed
" in
	*" $name $version
"*) printf '%s\n' "$listed" ;;
	*)
		printf 'pkg would not bring %s to %s:\n%s\n' "$name" "$version" "$said" >&2
		exit 1
		;;
	esac
}
