# Speaks to the database server. In: client, dumper (programs), host, port, user, database, option_password and option_tls (as
# an option file wants them).

# speak PROGRAM ARGUMENT...: the program, with the password on a descriptor: it is in no argument, file or environment. Names are not
# taken for what the locale of a job without a terminal makes of them.
speak() {
	program=$1
	shift
	"$program" --defaults-extra-file=/dev/fd/3 --host="$host" --port="$port" --user="$user" "$@" 3<<END
[client]
default-character-set=utf8mb4
password="$option_password"
$option_tls
END
}

# ask: the answer to the statements on standard input, one row a line, fields apart by tabs.
ask() {
	speak "$client" --batch --raw --skip-column-names --init-command="SET lock_wait_timeout=60" ${database:+"--database=$database"}
}
