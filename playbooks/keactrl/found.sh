# What keactrl starts stands in the table.
set -eu
echo "@found"
echo "@end"
