#!/bin/sh
# Builds the database host in $OUT/db: MariaDB with a Kea database already initialised by the installed Kea's kea-admin and
# filled from $FILES/seed.sql, so that a fleet has its leases as soon as MariaDB runs; PostgreSQL installed, not enabled.
# In: OUT, DEBS, FILES, KEA_PASSWORD. After kea.sh.
set -eu
root=$OUT/db
cp -a "$OUT/common" "$root"
mount -t proc proc "$root/proc"
mount --bind "$DEBS" "$root/var/cache/apt/archives"
chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -q install -y --no-install-recommends \
	-o APT::Keep-Downloaded-Packages=true mariadb-server postgresql
umount "$root/var/cache/apt/archives"
install -m 644 "$FILES/mariadb.cnf" "$root/etc/mysql/mariadb.conf.d/90-lab.cnf"
rm -f "$root/etc/systemd/system/multi-user.target.wants/postgresql.service"

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
chroot "$root" mariadb <"$FILES/accounts.sql"
chroot "$OUT/kea" env KEA_ADMIN_DB_PASSWORD="$KEA_PASSWORD" kea-admin db-init mysql -h localhost -u kea -n kea
chroot "$root" mariadb kea <"$FILES/seed.sql"
chroot "$root" mariadb-admin shutdown
wait
umount "$OUT/kea/run/mysqld" "$root/proc"
rm -rf "$OUT/kea/run/mysqld" "$OUT/mariadbd.log"
