#!/bin/sh
# Builds Kea hosts whose packages are called and made as ISC's for Red Hat's systems are, in $OUT/kea, and the packages within their
# reach, in $OUT/apt: Debian's, taken apart and put together by rpmbuild. Debian has dnf and rpm, which know of no other package there.
# In: OUT, DEBS, BASE (a base that is built), MIRROR, SUITE. Runs in a mount namespace of its own.
set -eu
root=$OUT/kea
cp -a "$BASE/kea" "$root"
kept=$OUT/kept
mkdir -p "$kept"
cp -a "$root/etc/apt/sources.list" "$root/etc/resolv.conf" "$kept/"
cp /etc/resolv.conf "$root/etc/resolv.conf"
if [ -d /etc/apt/apt.conf.d ]; then
	grep -hs '^Acquire::http' /etc/apt/apt.conf.d/* >"$root/etc/apt/apt.conf.d/00outside" || true
fi
echo "deb $MIRROR $SUITE main" >"$root/etc/apt/sources.list"
mount --bind "$root" "$root" # rpm gives the scripts of packages mounts of their own, for which its root has to be one
mount -t proc proc "$root/proc"
mount --bind "$DEBS" "$root/var/cache/apt/archives"
chroot "$root" apt-get -q update
chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -q install -y --no-install-recommends \
	-o APT::Keep-Downloaded-Packages=true rpm dnf dnf-plugins-core createrepo-c cpio
umount "$root/var/cache/apt/archives"
# What Debian's Kea needs stays; Kea itself comes from elsewhere.
# shellcheck disable=SC2016 # for the shell in there
chroot "$root" sh -eu -c '
	export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
	theirs=$(dpkg-query -W -f "\${Package}\n" | grep -E "^(kea-|python3-kea)")
	apt-get -q purge -y $theirs'

# named NAME: what ISC calls a package of Debian's.
named() {
	case $1 in
	kea-*-server) echo "isc-${1%-server}" ;;
	*) echo "isc-$1" ;;
	esac
}

# make NAME REQUIRES: a package of the tree in /tmp/tree.
make() {
	(cd "$root/tmp/tree" && find . ! -type d) | sed 's/^\.//' | sed 's|^/etc/kea/.*\.conf$|%config(noreplace) &|' >"$root/tmp/files"
	unit=
	for path in "$root"/tmp/tree/usr/lib/systemd/system/*.service; do
		[ ! -e "$path" ] || unit=${path##*/}
	done
	cat >"$root/tmp/x.spec" <<END
Name: $1
Version: $number
Release: $release
Summary: Kea
License: MPL-2.0
AutoReqProv: no
$2
%global debug_package %{nil}
%global __os_install_post %{nil}
%define _build_id_links none
%define _binary_payload w1.gzdio
%description
Kea, taken from Debian's package.
%install
mkdir -p %{buildroot}
cp -a /tmp/tree/. %{buildroot}/
END
	if [ "$1" = isc-kea-common ]; then
		cat >>"$root/tmp/x.spec" <<'END'
%pre
getent group _kea >/dev/null || groupadd -r _kea
getent passwd _kea >/dev/null || useradd -r -g _kea -d /var/lib/kea -s /bin/false _kea
%post
/sbin/ldconfig
END
	fi
	if [ -n "$unit" ]; then
		cat >>"$root/tmp/x.spec" <<END
%post
[ ! -d /run/systemd/system ] || systemctl daemon-reload || true
%postun
[ \$1 -lt 1 ] || [ ! -d /run/systemd/system ] || systemctl try-restart $unit || :
END
	fi
	echo "%files -f /tmp/files" >>"$root/tmp/x.spec"
	chroot "$root" rpmbuild -bb --define "_topdir /tmp/rpm" /tmp/x.spec >/dev/null
	mkdir -p "$OUT/apt/$suite"
	mv "$root"/tmp/rpm/RPMS/*/*.rpm "$OUT/apt/$suite/"
}

# What the packages' scripts run in is there, and rpm has to be told.
rm -rf "$root/tmp/tree"
mkdir -p "$root/tmp/tree/usr/share/lab"
echo "What this system has is Debian's." >"$root/tmp/tree/usr/share/lab/README"
number=1.0.0 release=1 suite=kea-2-6
make lab-system "Provides: /bin/sh"

for from in "$BASE"/apt/*/kea-*.deb; do
	package=$(dpkg-deb -f "$from" Package)
	number=$(dpkg-deb -f "$from" Version)
	number=${number%%-*}
	case $package-$number in kea-ctrl-agent-3*) continue ;; esac # which has an end
	case $number in 2.*) suite=kea-2-6 release=isc20250522095118.el9 ;; *) suite=kea-3-0 release=isc20260128120000.el9 ;; esac
	rm -rf "$root/tmp/tree"
	dpkg-deb -x "$from" "$root/tmp/tree"
	rm -rf "$root/tmp/tree/etc/init.d" "$root/tmp/tree/etc/apparmor.d" "$root/tmp/tree/usr/share/doc" "$root/tmp/tree/usr/share/lintian"
	for path in "$root"/tmp/tree/usr/lib/systemd/system/kea-*-server.service; do
		[ ! -e "$path" ] || mv "$path" "${path%-server.service}.service"
	done
	requires="Requires: isc-kea-common = $number-$release"
	if [ "$package" = kea-common ]; then
		requires=
		if [ "$suite" = kea-3-0 ]; then
			for hook in "$root"/tmp/tree/usr/lib/*/kea/hooks/libdhcp_*sql.so; do
				hooks=${hook%/*} hooks=${hooks#"$root/tmp/tree/"}
				mkdir -p "$root/tmp/hooks"
				mv "$hook" "$root/tmp/hooks/"
			done
		fi
	fi
	make "$(named "$package")" "$requires"
	for hook in "$root"/tmp/hooks/libdhcp_*sql.so; do
		[ -e "$hook" ] || continue
		kind=${hook##*libdhcp_} kind=${kind%.so}
		rm -rf "$root/tmp/tree"
		mkdir -p "$root/tmp/tree/$hooks"
		mv "$hook" "$root/tmp/tree/$hooks/"
		make "isc-kea-$kind" "Requires: isc-kea-common = $number-$release"
	done
done
rm -rf "$root/tmp/tree" "$root/tmp/rpm" "$root/tmp/hooks" "$root/tmp/files" "$root/tmp/x.spec"

mkdir -p "$root/etc/yum.repos.d" "$root/etc/dnf/vars" "$root/etc/dnf/plugins"
mount --bind "$OUT/apt" "$root/srv/lab-apt"
printf '[main]\ngpgcheck=0\nbest=True\n' >"$root/etc/dnf/dnf.conf"
echo 9 >"$root/etc/dnf/vars/releasever"
# Debian's configuration turns on what packages that are installed go into, and what it lacks a library for.
for plugin in local system_upgrade; do
	printf '[main]\nenabled=0\n' >"$root/etc/dnf/plugins/$plugin.conf"
done
for suite in kea-2-6 kea-3-0; do
	chroot "$root" createrepo_c --quiet "/srv/lab-apt/$suite"
	printf '[isc-%s]\nname=isc/%s\nbaseurl=file:///srv/lab-apt/%s\n' "$suite" "$suite" "$suite" >"$root/etc/yum.repos.d/isc-$suite.repo"
done
# Today is the older series.
# shellcheck disable=SC2016 # for the shell in there
chroot "$root" sh -eu -c 'cd /srv/lab-apt/kea-2-6 && rpm -U lab-system-*.rpm isc-kea-common-*.rpm isc-kea-admin-*.rpm isc-kea-dhcp4-*.rpm'
chroot "$root" systemctl enable kea-dhcp4.service
umount "$root/srv/lab-apt" "$root/proc" "$root"
rm -f "$root/etc/apt/apt.conf.d/00outside"
cp -a "$kept/sources.list" "$kept/resolv.conf" "$root/etc/apt/" && mv "$root/etc/apt/resolv.conf" "$root/etc/resolv.conf"
rm -rf "$kept" "$root"/var/lib/apt/lists/*
