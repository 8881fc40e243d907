# Finds the trees, each of which holds a Kea. In: trees (shell patterns of directories).

# says DIRECTORY: the version of the Kea in it; nothing where no program of it runs.
says() {
	for program in "$1"/sbin/kea-dhcp4 "$1"/sbin/kea-dhcp6 "$1"/sbin/kea-dhcp-ddns; do
		# One that was installed to be moved has its libraries beside it.
		if [ -x "$program" ] && LD_LIBRARY_PATH=$1/lib:$1/lib64 "$program" -v 2>/dev/null; then
			return 0
		fi
	done
}

# trees: those that have all that a migration needs, too: version, directory.
trees() {
	for tree in $trees; do
		tree=${tree%/}
		if [ -L "$tree" ] || ! [ -x "$tree/sbin/kea-admin" ]; then continue; fi
		for script in "$tree"/share/kea/scripts/*/upgrade_*.sh; do
			[ ! -e "$script" ] || break
		done
		version=$(says "$tree")
		[ ! -e "$script" ] || [ -z "$version" ] || printf '%s\t%s\n' "$version" "$tree"
	done
}

# tree_of VERSION: sets tree. Ends the script where there is none, or more than one.
tree_of() {
	tree=$(trees | awk -F '\t' -v wanted="$1" '$1 == wanted { print $2 }')
	case $tree in
	/*"
"*)
		printf 'which of these is Kea %s cannot be told:\n%s\n' "$1" "$tree" >&2
		exit 1
		;;
	/*) ;;
	*)
		echo "no tree has Kea $1, with its kea-admin and scripts: $trees" >&2
		exit 1
		;;
	esac
}
