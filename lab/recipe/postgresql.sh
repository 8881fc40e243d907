#!/bin/sh
# Gives the database host in $OUT/db a Kea database in PostgreSQL, initialised by the installed Kea's own kea-admin and filled
# from $FILES/postgresql/seed.sql, so that a fleet has its leases as soon as PostgreSQL runs.
# In: OUT, FILES, KEA_PASSWORD. After kea.sh and database.sh.
set -eu
root=$OUT/db
files=$FILES/postgresql
version=$(ls "$root/etc/postgresql")
settings=$root/etc/postgresql/$version/main
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
install -m 644 "$files/postgresql.conf" "$settings/conf.d/lab.conf"
chroot "$root" install -m 640 -o postgres -g postgres /dev/stdin "/etc/postgresql/$version/main/pg_hba.conf" <"$files/pg_hba.conf"

# PostgreSQL for a moment, without a network, to be seeded by the Kea host's own kea-admin over the socket.
mkdir -p "$root/run/postgresql" "$OUT/kea/run/postgresql"
chroot "$root" chown postgres:postgres /run/postgresql
mount --bind "$root/run/postgresql" "$OUT/kea/run/postgresql"
cluster() { # DATABASE FILE: as the superuser
	chroot "$root" setpriv --reuid=postgres --regid=postgres --clear-groups \
		psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 "$1" <"$2"
}
chroot "$root" pg_ctlcluster --skip-systemctl-redirect "$version" main start -- -o "-c listen_addresses=''"
cluster postgres "$files/accounts.sql"
chroot "$OUT/kea" env KEA_ADMIN_DB_PASSWORD="$KEA_PASSWORD" kea-admin db-init pgsql -h /run/postgresql -u kea -n kea
cluster kea "$files/seed.sql"
cluster kea "$files/grants.sql"
chroot "$root" pg_ctlcluster --skip-systemctl-redirect "$version" main stop
umount "$OUT/kea/run/postgresql" "$root/dev/shm" "$root/proc"
rm -rf "$OUT/kea/run/postgresql"
