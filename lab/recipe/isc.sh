#!/bin/sh
# Builds Kea hosts whose packages are called as ISC's own are, in $OUT/kea, and the packages within their reach, in $OUT/apt: Debian's,
# taken apart and put together under those names, in a repository for each series. From 2.7.4 on ISC has the hook libraries for
# databases in packages of their own; so have these.
# In: OUT, BASE (a base that is built). Runs in a mount namespace of its own.
set -eu
root=$OUT/kea

# named NAME: what ISC calls a package of Debian's.
named() {
	case $1 in
	kea-*-server) echo "isc-${1%-server}" ;;
	python3-*) echo "python3-isc-${1#python3-}" ;;
	*) echo "isc-$1" ;;
	esac
}

# rename TEXT FILE...: replaces the names of packages and units in files that hold any.
names='s/\bkea-(dhcp4|dhcp6|dhcp-ddns)-server\.service/isc-&/g; s/\bkea-ctrl-agent\.service/isc-&/g'
dependencies='s/(^|[ ,])kea-(dhcp4|dhcp6|dhcp-ddns)-server\b/\1isc-kea-\2/g; s/(^|[ ,])(kea-(common|admin|ctrl-agent))\b/\1isc-\2/g'

# put DIRECTORY SUITE: makes a package of a directory.
put() {
	rm -f "$1/DEBIAN/md5sums"
	dpkg-deb --root-owner-group --build "$1" "$OUT/apt/$2" >/dev/null
}

for from in "$BASE"/apt/*/*.deb; do
	package=$(dpkg-deb -f "$from" Package)
	debian=$(dpkg-deb -f "$from" Version)
	number=${debian%%-*}
	case $number in 2.*) suite=kea-2-6 stamp=20250522095118 ;; *) suite=kea-3-0 stamp=20260128120000 ;; esac
	version=$number-isc$stamp
	mkdir -p "$OUT/apt/$suite"
	dir=$OUT/taken
	rm -rf "$dir"
	dpkg-deb -R "$from" "$dir"
	sed -E -i -e "s/^Package: .*/Package: $(named "$package")/" -e "s/^Version: .*/Version: $version/" \
		-e "/^(Depends|Suggests|Breaks|Replaces|Conflicts|Recommends|Enhances|Provides):/{ $dependencies; s/\(([<=>]+) ${debian%%-*}-[^)]*\)/(\1 $version)/g }" "$dir/DEBIAN/control"
	for script in "$dir"/DEBIAN/postinst "$dir"/DEBIAN/preinst "$dir"/DEBIAN/prerm "$dir"/DEBIAN/postrm; do
		[ ! -e "$script" ] || sed -E -i "$names" "$script"
	done
	# ISC's have no init scripts; a unit has its short name as an alias.
	rm -rf "$dir/etc/init.d"
	[ ! -e "$dir/DEBIAN/conffiles" ] || sed -i '/init\.d/d' "$dir/DEBIAN/conffiles"
	for unit in "$dir"/usr/lib/systemd/system/kea-*.service; do
		[ -e "$unit" ] || continue
		name=${unit##*/}
		short=${name%-server.service}
		echo "Alias=${short%.service}.service" >>"$unit"
		mv "$unit" "${unit%/*}/isc-$name"
	done
	if [ "$package" = kea-common ] && [ "$suite" = kea-3-0 ]; then
		for kind in mysql pgsql; do
			hook=$OUT/hook
			rm -rf "$hook"
			for library in "$dir"/usr/lib/*/kea/hooks/libdhcp_"$kind".so; do
				to=$hook/${library#"$dir/"}
				mkdir -p "${to%/*}" "$hook/DEBIAN"
				mv "$library" "$to"
			done
			cat >"$hook/DEBIAN/control" <<END
Package: isc-kea-$kind
Source: isc-kea
Version: $version
Architecture: $(dpkg-deb -f "$from" Architecture)
Maintainer: the lab
Depends: isc-kea-common (= $version)
Description: Kea's hook library for databases of the kind $kind
END
			put "$hook" "$suite"
			rm -rf "$hook"
		done
	fi
	put "$dir" "$suite"
	rm -rf "$dir"
done

for suite in kea-2-6 kea-3-0; do
	(
		cd "$OUT/apt/$suite"
		dpkg-scanpackages --multiversion . >Packages 2>/dev/null
		printf 'Origin: cloudsmith/isc/%s\nLabel: isc/%s\nSuite: any-version\nCodename: any-version\nArchitectures: amd64 arm64 all\n' "$suite" "$suite" >Release
		{
			echo "Date: $(date -uR | sed 's/+0000/UTC/')"
			echo SHA256:
			printf ' %s %s %s\n' "$(sha256sum Packages | cut -d' ' -f1)" "$(wc -c <Packages)" Packages
		} >>Release
	)
done

cp -a "$BASE/kea" "$root"
for suite in kea-2-6 kea-3-0; do
	echo "deb [trusted=yes] copy:/srv/lab-apt/$suite ./"
done >"$root/etc/apt/sources.list"
mount -t proc proc "$root/proc"
mount --bind "$OUT/apt" "$root/srv/lab-apt"
# shellcheck disable=SC2016 # dpkg-query's own variables
chroot "$root" sh -eu -c '
	export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
	theirs=$(dpkg-query -W -f "\${Package}\n" | grep -E "^(kea-|python3-kea)")
	apt-get -q purge -y $theirs
	apt-get -q update
	# Today is the older series.
	version=$(apt-cache madison isc-kea-dhcp4 | awk "{ v = \$3 } END { print v }")
	apt-get -q install -y --no-install-recommends isc-kea-dhcp4=$version isc-kea-admin=$version isc-kea-common=$version
'
umount "$root/srv/lab-apt" "$root/proc"
