# Says whether the programs of this server get into the database, as they will have to when nobody can be asked any more. Needs
# client.sh of its kind.
set -eu
echo 'SELECT 1;' | ask
