# Lets the kea-admin of unpacked packages find its scripts where those of today lie, in a mount namespace of its own. In: root (of the
# packages), prefix (of Kea), scripts (kea-admin's own directory of them).
set -eu
if ! [ -x "$root$prefix/sbin/kea-admin" ]; then
	echo "the packages have no kea-admin" >&2
	exit 1
fi
PATH=$root$prefix/sbin:$PATH
today=$scripts
scripts=$root$scripts
# shellcheck disable=SC2016 # for the shell in there
inside='mount --bind "$1" "$2" && shift 2 && exec "$@"'

# is STATEMENT: ends the script unless the database that answers is the scratch database; sets now to its schema. The statement asks for
# both.
is() {
	seen=$(echo "$1" | ask)
	now=${seen#*"$(printf '\t')"}
	if [ "$seen" != "$scratch$(printf '\t')$now" ]; then
		echo "another database answers: $seen" >&2
		exit 1
	fi
}
