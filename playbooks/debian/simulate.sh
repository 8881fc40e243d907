# What the package manager would do, and whether it may begin. In: wanted (a line each: package=version).
set -eu
# shellcheck disable=SC2086 # a list of packages
apt-get --simulate --quiet=2 --allow-downgrades -o Debug::NoLocking=1 install $wanted
