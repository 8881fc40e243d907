#!/bin/sh
# Builds Kea hosts that are set up as Alpine is, in $OUT/kea, and the packages within their reach, in $OUT/apt: busybox's init and programs,
# OpenRC, and Debian's Kea, taken apart and put together as Alpine's packages, by Alpine's own programs, made from their source.
# In: OUT, DEBS, BASE (a base that is built), MIRROR, SUITE, ALPINE (where Alpine's repositories of source are, for git). Runs in a mount
# namespace of its own.
set -eu
root=$OUT/kea
cp -a "$BASE/kea" "$root"
kept=$OUT/kept
mkdir -p "$kept"
cp -a "$root/etc/resolv.conf" "$kept/"
cp /etc/resolv.conf "$root/etc/resolv.conf"
if [ -d /etc/apt/apt.conf.d ]; then
	grep -hs '^Acquire::http' /etc/apt/apt.conf.d/* >"$root/etc/apt/apt.conf.d/00outside" || true
fi
echo "deb $MIRROR $SUITE main" >"$root/etc/apt/sources.list"
mount -t proc proc "$root/proc"
mount --bind "$DEBS" "$root/var/cache/apt/archives"

# install ROOT PACKAGE...
install() {
	in=$1
	shift
	chroot "$in" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -q install -y --no-install-recommends \
		-o APT::Keep-Downloaded-Packages=true "$@"
}
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
chroot "$root" apt-get -q update
# What Debian's Kea needs stays; Kea itself comes from elsewhere.
# shellcheck disable=SC2016 # for the shell in there
chroot "$root" sh -eu -c '
	export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
	theirs=$(dpkg-query -W -f "\${Package}\n" | grep -E "^(kea-|python3-kea)")
	apt-get -q purge -y $theirs'
install "$root" busybox-static
# Debian's OpenRC wants a system without systemd's package for the init, which others here depend on.
# shellcheck disable=SC2016 # for the shell in there
chroot "$root" sh -eu -c 'cd /tmp && apt-get -q download openrc librc1t64 libeinfo1 && for deb in ./*.deb; do dpkg-deb -x "$deb" /; done && rm ./*.deb'

# apk, and the programs that make packages, in a copy that has a compiler.
cp -ax "$root" "$OUT/make"
mount -t proc proc "$OUT/make/proc"
mount --bind "$DEBS" "$OUT/make/var/cache/apt/archives"
install "$OUT/make" gcc libc6-dev make pkg-config libssl-dev zlib1g-dev openssl
git clone -q --depth 1 -b v2.14.10 "$ALPINE/apk-tools" "$OUT/make/srv/apk-tools"
git clone -q --depth 1 -b 3.17.0 "$ALPINE/abuild" "$OUT/make/srv/abuild"
chroot "$OUT/make" make -s -C /srv/apk-tools LUA=no SCDOC=true VERSION=2.14.10
chroot "$OUT/make" gcc -O1 -o /usr/bin/abuild-tar /srv/abuild/abuild-tar.c -lcrypto
cp "$OUT/make/srv/apk-tools/src/apk" "$root/sbin/apk"
cp "$OUT"/make/srv/apk-tools/src/libapk.so.* "$root/usr/lib/"
cp "$root/sbin/apk" "$OUT/make/sbin/apk"
cp "$root"/usr/lib/libapk.so.* "$OUT/make/usr/lib/"
umount "$OUT/make/var/cache/apt/archives" "$root/var/cache/apt/archives"
chroot "$root" ldconfig
chroot "$OUT/make" ldconfig
chroot "$OUT/make" sh -eu -c '
	openssl genrsa -out /srv/lab.rsa 2048
	openssl rsa -in /srv/lab.rsa -pubout -out /srv/lab.rsa.pub' 2>/dev/null
mkdir -p "$root/etc/apk/keys" "$OUT/make/etc/apk/keys"
cp "$OUT/make/srv/lab.rsa.pub" "$root/etc/apk/keys/"
cp "$OUT/make/srv/lab.rsa.pub" "$OUT/make/etc/apk/keys/"

# signed FILE: puts a signature before a file of compressed archives.
# shellcheck disable=SC2016 # for the shell in there
signed() {
	chroot "$OUT/make" sh -eu -c '
		cd /srv
		openssl dgst -sha1 -sign lab.rsa -out .SIGN.RSA.lab.rsa.pub "$1"
		tar -c --format=ustar --owner=0 --group=0 .SIGN.RSA.lab.rsa.pub | abuild-tar --cut | gzip -9n >signature
		cat signature "$1" >"$1.signed"
		mv "$1.signed" "$1"' sh "$1"
}

# make NAME DEPENDENCIES: a package of the tree in /srv/tree.
# shellcheck disable=SC2016 # for the shell in there
make() {
	size=$(du -sb "$OUT/make/srv/tree" | cut -f 1)
	mkdir -p "$OUT/make/srv/control"
	{
		printf 'pkgname = %s\npkgver = %s\npkgdesc = Kea, taken from the package of Debian\n' "$1" "$version"
		printf 'url = https://kea.isc.org/\nbuilddate = 1764000000\npackager = the lab\nsize = %s\narch = %s\norigin = kea\nlicense = MPL-2.0\n' "$size" "$arch"
		for one in $2; do echo "depend = $one"; done
	} >"$OUT/make/srv/control/.PKGINFO"
	rm -f "$OUT/make/srv/control"/.p*
	if [ "$1" = kea-common ]; then
		printf '#!/bin/sh\ngroupadd -r kea 2>/dev/null\nuseradd -r -g kea -d /var/lib/kea -s /sbin/nologin kea 2>/dev/null\nexit 0\n' >"$OUT/make/srv/control/.pre-install"
		printf '#!/bin/sh\n# As a package does that is none too careful.\nfor service in /etc/init.d/kea-*; do rc-service --ifexists "${service##*/}" start; done >/run/lab-post-upgrade 2>&1\nexit 0\n' >"$OUT/make/srv/control/.post-upgrade"
		chmod 755 "$OUT/make/srv/control"/.p*
	fi
	chroot "$OUT/make" sh -eu -c '
		cd /srv/tree
		tar -c --format=posix --pax-option=exthdr.name=%d/PaxHeaders/%f,atime:=0,mtime:=0 --owner=0 --group=0 --sort=name -- * | abuild-tar --hash | gzip -n1 >/srv/data.tar.gz
		echo "datahash = $(sha256sum /srv/data.tar.gz | cut -d " " -f 1)" >>/srv/control/.PKGINFO
		cd /srv/control
		tar -c --format=ustar --owner=0 --group=0 .PKGINFO $(ls -d .p* 2>/dev/null) | abuild-tar --cut | gzip -9n >/srv/control.tar.gz'
	signed control.tar.gz
	mkdir -p "$OUT/apt/$series/$arch"
	cat "$OUT/make/srv/control.tar.gz" "$OUT/make/srv/data.tar.gz" >"$OUT/apt/$series/$arch/$1-$version.apk"
	rm -rf "$OUT/make/srv/control" "$OUT/make/srv/tree"
}

# service NAME CAPABILITIES: Alpine's scripts are like this one: the service's user, its configuration tested first, a pid file.
service() {
	mkdir -p "$OUT/make/srv/tree/etc/init.d" "$OUT/make/srv/tree/etc/conf.d"
	cat >"$OUT/make/srv/tree/etc/init.d/$1" <<END
#!/sbin/openrc-run
# $version
: \${cfgfile:="/etc/kea/$1.conf"}
: \${command_user:="kea"}
name="$1"
command="/usr/sbin/$1"
command_args="-c \$cfgfile"
command_background="yes"
pidfile="/run/\$RC_SVCNAME.pid"
start_stop_daemon_args="--wait 300"
retry="SIGTERM/5/SIGKILL/1"
capabilities="$2"

depend() {
	need net
}

start_pre() {
	checkpath -d -m 0750 -o \$command_user /run/kea || return 1
	KEA_LOCKFILE_DIR=none \$command -t "\$cfgfile" >/dev/null
}
END
	chmod 755 "$OUT/make/srv/tree/etc/init.d/$1"
	printf '# of %s, for /etc/init.d/%s\n#cfgfile="/etc/kea/%s.conf"\n#command_user="kea"\n' "$version" "$1" "$1" >"$OUT/make/srv/tree/etc/conf.d/$1"
}

arch=$(chroot "$root" apk --print-arch)
for from in "$BASE"/apt/*/kea-*.deb; do
	package=$(dpkg-deb -f "$from" Package)
	case $package in kea-ctrl-agent) continue ;; esac # it needs python3 of Debian's kind
	number=$(dpkg-deb -f "$from" Version)
	number=${number%%-*}
	case $number in 2.*) series=v3.22 ;; *) series=v3.23 ;; esac
	version=$number-r0
	tree=$OUT/make/srv/tree
	rm -rf "$tree"
	dpkg-deb -x "$from" "$tree"
	rm -rf "$tree/etc/init.d" "$tree/etc/default" "$tree/etc/apparmor.d" "$tree/usr/share/doc" "$tree/usr/share/lintian" "$tree/usr/lib/systemd" \
		"$tree/usr/share/man" "$tree/etc/logrotate.d" "$tree/usr/lib/tmpfiles.d"
	name=${package%-server}
	caps='^cap_net_bind_service'
	[ "$name" != kea-dhcp4 ] || caps="$caps,^cap_net_raw"
	[ ! -e "$tree/usr/sbin/$name" ] || [ "$name" = kea-admin ] || service "$name" "$caps"
	depends="kea-common=$version"
	if [ "$name" = kea-common ]; then
		depends=
		if [ "$series" = v3.23 ]; then
			for hook in "$tree"/usr/lib/*/kea/hooks/libdhcp_*sql.so; do
				hooks=${hook%/*} hooks=${hooks#"$tree/"}
				mkdir -p "$OUT/hooks"
				mv "$hook" "$OUT/hooks/"
			done
		fi
	fi
	make "$name" "$depends"
	for hook in "$OUT"/hooks/libdhcp_*sql.so; do
		[ -e "$hook" ] || continue
		kind=${hook##*libdhcp_} kind=${kind%.so}
		mkdir -p "$tree/$hooks"
		mv "$hook" "$tree/$hooks/"
		make "kea-hook-$kind" "kea-common=$version"
	done
done
for series in v3.22 v3.23; do
	cp "$OUT/apt/$series/$arch"/*.apk "$OUT/make/srv/"
	chroot "$OUT/make" sh -eu -c 'cd /srv && rm -f index.tar.gz && apk index -o index.tar.gz ./*.apk && rm ./*.apk'
	signed index.tar.gz
	mv "$OUT/make/srv/index.tar.gz" "$OUT/apt/$series/$arch/APKINDEX.tar.gz"
done
umount "$OUT/make/proc"
rm -rf "$OUT/make" "$OUT/hooks"

# The host itself.
for series in v3.22 v3.23; do echo "/srv/lab-apt/$series"; done >"$root/etc/apk/repositories"
mount --bind "$OUT/apt" "$root/srv/lab-apt"
mkdir -p "$root/lib/apk/db" "$root/var/cache/apk"
for busy in sh ash awk sed grep egrep fgrep cat cp mv rm ls mkdir rmdir mktemp stat sort head tail tr cut date df id uname sha256sum base64 gzip find \
	kill sleep sync tar timeout unshare mount umount su chmod chown setsid wc env printf touch; do
	ln -s /bin/busybox "$root/usr/local/bin/$busy"
done
mkdir -p "$root/srv/lab-apt"
# shellcheck disable=SC2016 # for the shell in there
chroot "$root" sh -eu -c '
	apk add --initdb
	apk add --no-progress kea-common=2.6.3-r0 kea-admin=2.6.3-r0 kea-dhcp4=2.6.3-r0
	printf "kea-admin\nkea-dhcp4\n" >/etc/apk/world
	mkdir -p /var/lib/kea /var/log/kea
	chown kea:kea /var/lib/kea /var/log/kea'
umount "$root/srv/lab-apt"

# Booted as Alpine is.
: >"$root/etc/insserv.conf" # which Debian's OpenRC asks for
rm -f "$root/usr/lib/systemd/systemd" "$root/sbin/init" "$root/sbin/reboot" "$root/sbin/poweroff" "$root/sbin/halt"
for program in init reboot poweroff halt; do ln -s /bin/busybox "$root/sbin/$program"; done
printf '%s\n' '::sysinit:/sbin/openrc sysinit' '::sysinit:/sbin/openrc boot' '::wait:/sbin/openrc default' \
	'::ctrlaltdel:/sbin/reboot' '::shutdown:/sbin/openrc shutdown' >"$root/etc/inittab"
rm -rf "$root"/etc/runlevels/*/* "$root/etc/rcS.d" "$root"/etc/rc?.d
mkdir -p "$root/etc/runlevels/sysinit" "$root/etc/runlevels/boot" "$root/etc/runlevels/default" "$root/etc/runlevels/shutdown" "$root/etc/runlevels/nonetwork"
for script in "$root"/etc/init.d/*; do
	case ${script##*/} in kea-*) ;; *) rm -f "$script" ;; esac
done
printf '#!/sbin/openrc-run\ndescription="The network is there already."\ndepend() { provide net; }\nstart() { :; }\nstop() { :; }\n' >"$root/etc/init.d/lab-net"
cat >"$root/etc/init.d/sshd" <<'END'
#!/sbin/openrc-run
command="/usr/sbin/sshd"
command_args="-D"
command_background="yes"
pidfile="/run/sshd.pid"
depend() { need net; }
start_pre() { checkpath -d -m 0755 /run/sshd; }
END
cat >"$root/etc/init.d/crond" <<'END'
#!/sbin/openrc-run
command="/usr/sbin/cron"
command_args="-f"
command_background="yes"
pidfile="/run/crond.pid"
END
chmod 755 "$root/etc/init.d/lab-net" "$root/etc/init.d/sshd" "$root/etc/init.d/crond"
ln -s /etc/init.d/lab-net "$root/etc/runlevels/boot/lab-net"
for service in sshd crond kea-dhcp4; do ln -s "/etc/init.d/$service" "$root/etc/runlevels/default/$service"; done
printf 'PRETTY_NAME="Alpine, as the lab has it"\nNAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.22.0\n' >"$root/etc/os-release.new"
rm -f "$root/etc/os-release" && mv "$root/etc/os-release.new" "$root/etc/os-release"
umount "$root/proc"
rm -f "$root/etc/apt/apt.conf.d/00outside" "$root/usr/sbin/policy-rc.d"
mv "$kept/resolv.conf" "$root/etc/resolv.conf"
rm -rf "$kept" "$root"/var/lib/apt/lists/*
