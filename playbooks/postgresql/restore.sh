# Puts a dump back over the schema that Kea's tables are in: everything in it is dropped, then the dump is read. All of it
# happens or nothing, so it can be done again from any point. Needs client.sh, others.sh, alone.sh, same.sh, load.sh and cleared.sh.
set -eu
same
alone
listed

# A dump that cannot be read to its end must not be committed as far as it went.
said=$(
	{
		echo 'BEGIN;'
		cleared
		loaded --file=- && printf "COMMIT;\nSELECT 'restored';\n"
	} | ask
)
[ "$(printf '%s\n' "$said" | tail -n 1)" = restored ]
echo restored
