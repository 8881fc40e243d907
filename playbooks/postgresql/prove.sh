# Restores a dump into a scratch database, to be compared. Owners and grants are left out: the scratch database is not theirs.
# In: scratch. Needs client.sh, same.sh, scratch.sh and load.sh.
set -eu
same
listed
ask <<END
DROP DATABASE IF EXISTS $scratch;
SELECT format('CREATE DATABASE $scratch TEMPLATE template0 ENCODING %L LC_COLLATE %L LC_CTYPE %L',
	pg_encoding_to_char(encoding), datcollate, datctype) FROM pg_database WHERE datname = current_database() \gexec
END
database=$scratch
# The schema public is in every new database, and others have to be found by those who look.
[ "$home" = public ] || ask <<END
CREATE SCHEMA :"home";
ALTER ROLE CURRENT_USER IN DATABASE $scratch SET search_path TO :"home";
END
loaded --no-owner --no-privileges --single-transaction --dbname="$scratch"
echo restored
