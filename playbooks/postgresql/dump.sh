# Dumps the schema that Kea's tables are in, and nothing else of the database. In: dir, name. Needs client.sh, home.sh and pack.sh.
set -eu
housed
packed speak "$dumper" --no-password --format=custom --compress=0 --no-publications --lock-wait-timeout=60s --schema="$(quoted "$home")"
# Reading all of it back proves the file whole: this line comes last, and only if nothing failed.
ends "$(unpacked | "$loader" --file=- | tail -n 12)" '*-- PostgreSQL database dump complete*'
put dump
