# Puts a dump back over the database: everything in it is dropped, then the dump is read. Can be done again from any point. Needs
# client.sh, others.sh, alone.sh, same.sh and emptied.sh.
set -eu
same
alone
emptied
unpacked | ask
echo restored
