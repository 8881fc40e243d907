# changes PACKAGE=VERSION...: what pkg would do to install these, a line each: what (INSTALLED, UPGRADED, DOWNGRADED, REINSTALLED, REMOVED), name,
# version that comes or goes. Ends the script where pkg says nothing of the first, and it is not installed at that version.
changes() {
	asked=$*
	set --
	for one in $asked; do
		set -- "$@" "${one%%=*}-${one#*=}"
	done
	# Whether a dry run that would change something is a success differs from release to release.
	said=$(pkg install -U -n -y "$@" 2>&1) || :
	listed=$(printf '%s\n' "$said" | awk '
		/^(New|Installed) packages to be [A-Z]+:/ { what = $NF; sub(/:$/, "", what); next }
		/^[^[:space:]]/ { what = "" }
		/^[[:space:]]/ && what != "" && NF > 0 {
			name = $1
			if (sub(/:$/, "", name)) version = ($3 == "->" ? $4 : $2)
			else { version = name; sub(/.*-/, "", version); sub(/-[^-]*$/, "", name) }
			print what, name, version
		}')
	one=${asked%% *}
	case "
$listed
" in
	*" ${one%%=*} ${one#*=}
"*) ;;
	*)
		if [ "$(pkg query '%n=%v' "${one%%=*}")" != "$one" ]; then
			printf 'pkg would not install %s:\n%s\n' "$one" "$said" >&2
			exit 1
		fi
		;;
	esac
	[ -z "$listed" ] || printf '%s\n' "$listed"
}
