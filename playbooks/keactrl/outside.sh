# Wants keactrl where it will be looked for, and its configuration, which holds the fence, to be of no tree. In: keactrl, prefix, wanted
# (kea=version). Needs trees.sh.
set -eu
tree_of "${wanted#kea=}"
for program in "$prefix/sbin/keactrl" "$tree/sbin/keactrl"; do
	if ! [ -x "$program" ]; then
		echo "there is no $program" >&2
		exit 1
	fi
done
at=$(readlink -f "$keactrl")
for tree in $trees; do
	case $at in
	"$tree"/*)
		echo "$keactrl lies in the tree $tree: the fence in it would go with another tree. Put it outside, let whatever starts keactrl name it by -c, and the playbook by keactrl:" >&2
		exit 1
		;;
	esac
done
