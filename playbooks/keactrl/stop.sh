# Lets keactrl tell every daemon of its to end. What is left is told by quiet.sh. In: stop (units), prefix, keactrl. Needs units.sh.
set -eu
program=$prefix/sbin/keactrl
for unit in $stop; do
	! unit_file "$unit" || "$program" stop -c "$keactrl" -s "$unit"
done
