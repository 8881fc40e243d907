# Begins an installation. In: state, check (package version), fence (units). Sets version, and tree, which has it. Needs fenced.sh and
# trees.sh.
set -eu
fenced
version=${check#kea }
tree_of "$version"
echo "the installation of Kea $version; $state/installing says so" >"$state/installing"
sync "$state/installing" "$state"
