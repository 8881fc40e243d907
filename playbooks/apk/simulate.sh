# What the package manager would do, and whether it may begin. In: wanted (a line each: package=version). A line for each package. What
# apk purges nobody has asked for, and nothing needs any more: it is told of as what else changes. Needs changes.sh.
set -eu
# shellcheck disable=SC2086 # a list of packages
changes $wanted | while read -r _ name _; do
	echo "Inst $name"
done
