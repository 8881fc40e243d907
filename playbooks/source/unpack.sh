# Nothing is unpacked for a rehearsal: the tree is shown where it would be installed. In: state, run (the rehearsal), on (kea=version),
# prefix. Needs trees.sh.
set -eu
umask 022
tree_of "${on#kea=}"
room=$state/runs/$run
mkdir -p "$room/root${prefix%/*}"
[ -L "$room/root$prefix" ] || ln -s "$tree" "$room/root$prefix"
