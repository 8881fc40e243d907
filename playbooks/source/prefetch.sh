# Nothing is fetched: the trees of both ways lie here. In: on and back (kea=version). Needs trees.sh.
set -eu
for one in "$on" "$back"; do
	tree_of "${one#kea=}"
	echo "$one: $tree"
done
