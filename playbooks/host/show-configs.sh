# Every configuration file. In: units. Needs units.sh and configs.sh.
set -eu
echo "@configs"
configs all
echo "@end"
