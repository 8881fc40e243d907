#!/bin/sh
# Builds a database host of its own in $OUT/db: MySQL as Oracle makes it, which Debian has in sid alone, so all of it is sid. Kea's
# database in it is initialised by the Kea host's kea-admin and filled from $FILES/oracle-mysql/seed.sql.
# In: OUT, DEBS, FILES, MIRROR, BASE (a base that is built, with the Kea host), KEA_PASSWORD. Runs in a mount namespace of its own.
set -eu
root=$OUT/db
files=$FILES/oracle-mysql

mkdir -p "$DEBS"
debootstrap --variant=minbase --cache-dir="$DEBS" \
	--include=ca-certificates,openssh-server,iproute2,iputils-ping,systemd,systemd-sysv,dbus,procps,sudo \
	sid "$root" "$MIRROR"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/lab-build"
cp /etc/resolv.conf "$root/etc/resolv.conf"
if [ -d /etc/apt/apt.conf.d ]; then
	grep -hs '^Acquire::http' /etc/apt/apt.conf.d/* >"$root/etc/apt/apt.conf.d/00outside" || true
fi
mount -t proc proc "$root/proc"
mount --bind "$DEBS" "$root/var/cache/apt/archives"
# An archive that stands still has a sid that says it is out of date.
chroot "$root" apt-get -q -o Acquire::Check-Valid-Until=false update
chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -q install -y --no-install-recommends \
	-o APT::Keep-Downloaded-Packages=true mysql-server
umount "$root/var/cache/apt/archives"

# As in the base: what a container has to wait for in vain, and keys and names that each host gets of its own.
for unit in systemd-networkd-wait-online systemd-networkd systemd-modules-load systemd-binfmt systemd-resolved \
	sys-kernel-debug.mount sys-kernel-tracing.mount; do
	case $unit in *.mount) ;; *) unit=$unit.service ;; esac
	ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/systemd/system/multi-user.target.wants/mysql.service"
mkdir -p "$root/root/.ssh" "$root/srv/lab-apt"
chmod 700 "$root/root/.ssh"
install -m 644 "$files/mysqld.cnf" "$root/etc/mysql/mysql.conf.d/zz-lab.cnf"

# The base is never written to: the Kea host's kea-admin runs in a layer over it.
kea=$OUT/seeding
mkdir -p "$OUT/layer" "$kea"
mount -t tmpfs tmpfs "$OUT/layer"
mkdir "$OUT/layer/upper" "$OUT/layer/work"
mount -t overlay -o "lowerdir=$BASE/kea,upperdir=$OUT/layer/upper,workdir=$OUT/layer/work" overlay "$kea"
mkdir -p "$root/run/mysqld" "$kea/run/mysqld"
chroot "$root" chown mysql:mysql /run/mysqld
mount --bind "$root/run/mysqld" "$kea/run/mysqld"
chroot "$root" mysqld --user=mysql --skip-networking >"$OUT/mysqld.log" 2>&1 &
i=0
until chroot "$root" mysqladmin ping >/dev/null 2>&1; do
	i=$((i + 1))
	[ $i -lt 600 ] || { cat "$OUT/mysqld.log"; exit 1; }
	sleep 0.1
done
chroot "$root" mysql <"$files/accounts.sql"
chroot "$kea" env KEA_ADMIN_DB_PASSWORD="$KEA_PASSWORD" kea-admin db-init mysql -h localhost -u kea -n kea
chroot "$root" mysql kea <"$files/seed.sql"
chroot "$root" mysqladmin shutdown
wait
umount "$kea/run/mysqld" "$kea" "$OUT/layer" "$root/proc"
# Each server gets a name of its own (auto.cnf), and what was logged here is nobody's.
rm -rf "$OUT/layer" "$kea" "$OUT/mysqld.log" "$root/run/mysqld" "$root/var/lib/mysql/auto.cnf" "$root"/var/lib/mysql/binlog.*
rm -f "$root/etc/apt/sources.list" "$root"/etc/apt/sources.list.d/* "$root/etc/apt/apt.conf.d/00outside" \
	"$root/usr/sbin/policy-rc.d" "$root/etc/dpkg/dpkg.cfg.d/lab-build" "$root/etc/resolv.conf"
rm -rf "$root"/var/lib/apt/lists/*
echo "nameserver 127.0.0.1" >"$root/etc/resolv.conf"
