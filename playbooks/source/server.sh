# The whole look, that of trees. Needs trees.sh.
echo "@available"
trees | while read -r version tree; do
	printf 'kea\t%s\t%s\n' "$version" "$tree"
done
echo "@holds"
echo "@locked"
echo "@updates"
echo "@end"
