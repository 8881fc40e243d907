# Reads a copy within the database server. Needs client.sh, copied.sh and sums.sh.

# same: whether the copy is what was copied. Sets sums to that of its rows, and path to its structure.
same() {
	sums=$(echo "SELECT sums FROM $copy.kea_lockstep_copy;" | ask) || gone "it is not there, or was not finished"
	is=$(
		database=$copy
		summed
	) || gone "it cannot be read"
	[ "$is" = "$sums" ] || gone "its rows were changed"
	structure=$(echo "SELECT structure FROM $copy.kea_lockstep_copy;" | ask)
	kept <<END
$structure
END
}
