# Speaks to the database server. In: client, dumper, loader (programs), directories (that may hold them), host, port, user,
# database, password, tls_mode (empty: as the client library does by itself), tls_anchor, tls_certificate, tls_key (paths).

# What secures the connection is no secret, and found there by kea-admin's programs, too.
if [ -n "${tls_mode-}" ]; then
	PGSSLMODE=$tls_mode PGGSSENCMODE=disable
	export PGSSLMODE PGGSSENCMODE
fi
[ -z "${tls_anchor-}" ] || export PGSSLROOTCERT="$tls_anchor"
[ -z "${tls_certificate-}" ] || export PGSSLCERT="$tls_certificate"
[ -z "${tls_key-}" ] || export PGSSLKEY="$tls_key"

# The newest version, as Debian's own wrapper would find it, with less to do each time.
newest=$(for place in $directories; do [ ! -x "$place/$client" ] || printf '%s\n' "$place"; done | sort -V | tail -n 1)
[ -z "$newest" ] || PATH=$newest:$PATH

# speak PROGRAM ARGUMENT...: the program, with the password in its environment, which root alone can read: in a file it would
# have to be a plain one, and in an argument everybody sees it. Nothing is asked for, no start-up file read, no setting of the
# account's own lets a statement wait for a day or die before its time.
speak() {
	program=$1
	shift
	PGPASSWORD=$password PGHOST=$host PGPORT=$port PGUSER=$user PGDATABASE=$database PGCONNECT_TIMEOUT=10 PSQLRC=/dev/null \
		PGOPTIONS='-c lock_timeout=60s -c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c client_min_messages=warning' \
		PGAPPNAME=kea-lockstep "$program" "$@"
}

# ask: the answer to the statements on standard input, one row a line, fields apart by tabs. The first that fails is the last.
# They may name the schema in which Kea's tables are :"home".
ask() {
	speak "$client" --no-password --no-psqlrc --quiet --no-align --tuples-only --field-separator="$(printf '\t')" \
		--set=ON_ERROR_STOP=1 --set=home="${home-}"
}
