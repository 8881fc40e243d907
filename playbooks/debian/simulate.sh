# What the package manager would do, and whether it may begin. In: wanted (package=version, apart by blanks), gone (packages that
# go with a daemon that has an end).
set -eu
for package in $gone; do
	wanted="$wanted $package-"
done
# shellcheck disable=SC2086 # a list of packages
apt-get --simulate --quiet=2 --allow-downgrades -o Debug::NoLocking=1 install $wanted
