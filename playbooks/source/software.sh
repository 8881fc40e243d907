# What is installed, in the words of packages. An installation that was cut off has left its mark. In: state, prefix. Needs trees.sh.
echo "@packages"
version=$(says "$prefix")
[ -z "$version" ] || printf 'kea\t%s\tkea\tii \n' "$version"
echo "@interrupted"
[ ! -e "$state/installing" ] || cat "$state/installing"
echo "@fetched"
trees | while read -r version _; do
	echo "kea=$version"
done
echo "@end"
