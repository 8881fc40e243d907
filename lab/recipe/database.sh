#!/bin/sh
# Builds the database host in $OUT/db: MariaDB and PostgreSQL, neither enabled; a fleet enables the one it uses.
# In: OUT, DEBS. After common.sh.
set -eu
root=$OUT/db
cp -a "$OUT/common" "$root"
mount -t proc proc "$root/proc"
# PostgreSQL's first cluster is made while it is installed, for the kind of shared memory that it finds.
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount --bind "$DEBS" "$root/var/cache/apt/archives"
chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -q install -y --no-install-recommends \
	-o APT::Keep-Downloaded-Packages=true mariadb-server postgresql
umount "$root/var/cache/apt/archives" "$root/dev/shm" "$root/proc"
rm -f "$root/etc/systemd/system/multi-user.target.wants/mariadb.service" \
	"$root/etc/systemd/system/multi-user.target.wants/postgresql.service"
