# The whole look, pkg's part. In: sources (the packages of Kea). What is installed is to be had again, since a package is made of it before the
# upgrade.
echo "@available"
{
	# shellcheck disable=SC2086 # a list of names
	pkg rquery -U '%n %v %R' $sources || :
	# shellcheck disable=SC2086
	pkg query '%n %v installed' $sources || :
} | awk '!($1 " " $2 in told) { told[$1 " " $2]; print $1 "\t" $2 "\t" $3 }'
echo "@holds"
# shellcheck disable=SC2086
pkg query -e '%k = 1' '%n' $sources || :
echo "@locked"
echo "@updates"
echo "@end"
