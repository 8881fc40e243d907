# Reads a copy within the database. Needs client.sh and copied.sh.

# same: sets path to the structure of the copy.
same() {
	structure=$(echo "SELECT structure FROM $copy.kea_lockstep_copy;" | ask) || gone "it is not there"
	kept <<END
$structure
END
}
