#!/bin/sh
# Gives the database host in $OUT/db a Kea database in MariaDB, initialised by the installed Kea's own kea-admin and filled
# from $FILES/mysql/seed.sql, so that a fleet has its leases as soon as MariaDB runs.
# In: OUT, FILES, KEA_PASSWORD. After kea.sh and database.sh.
set -eu
root=$OUT/db
files=$FILES/mysql
mount -t proc proc "$root/proc"
install -m 644 "$files/mariadb.cnf" "$root/etc/mysql/mariadb.conf.d/90-lab.cnf"

# MariaDB for a moment, without a network, to be seeded by the Kea host's own kea-admin over the socket.
mkdir -p "$root/run/mysqld" "$OUT/kea/run/mysqld"
chroot "$root" chown mysql:mysql /run/mysqld
mount --bind "$root/run/mysqld" "$OUT/kea/run/mysqld"
chroot "$root" mariadbd --user=mysql --skip-networking --socket=/run/mysqld/mysqld.sock >"$OUT/mariadbd.log" 2>&1 &
i=0
until chroot "$root" mariadb-admin --socket=/run/mysqld/mysqld.sock ping >/dev/null 2>&1; do
	i=$((i + 1))
	[ $i -lt 300 ] || { cat "$OUT/mariadbd.log"; exit 1; }
	sleep 0.1
done
chroot "$root" mariadb <"$files/accounts.sql"
chroot "$OUT/kea" env KEA_ADMIN_DB_PASSWORD="$KEA_PASSWORD" kea-admin db-init mysql -h localhost -u kea -n kea
chroot "$root" mariadb kea <"$files/seed.sql"
chroot "$root" mariadb-admin shutdown
wait
umount "$OUT/kea/run/mysqld" "$root/proc"
rm -rf "$OUT/kea/run/mysqld" "$OUT/mariadbd.log"
