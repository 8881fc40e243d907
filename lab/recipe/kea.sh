#!/bin/sh
# Builds the Kea host in $OUT/kea: Debian's packages as an administrator gets them with "apt install".
# In: OUT, DEBS, KEA_PACKAGES.
set -eu
root=$OUT/kea
cp -a "$OUT/common" "$root"
mount -t proc proc "$root/proc"
mount --bind "$DEBS" "$root/var/cache/apt/archives"
# shellcheck disable=SC2086 # a list of package names
chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -q install -y --no-install-recommends \
	-o APT::Keep-Downloaded-Packages=true $KEA_PACKAGES mariadb-client postgresql-client locales
# Some administrators read German.
chroot "$root" localedef -i de_DE -f UTF-8 de_DE.UTF-8
umount "$root/var/cache/apt/archives" "$root/proc"
