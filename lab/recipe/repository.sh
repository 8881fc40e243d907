#!/bin/sh
# Builds $OUT/apt, the only packages that the hosts can reach: two suites with the priorities that Debian gives them, the
# installed Kea in one and the newer Kea in the backports (which apt never chooses by itself), so that both ways exist.
# In: OUT, DEBS, SUITE, KEA_ALL. After kea.sh.
set -eu
root=$OUT/kea
for suite in "$SUITE" "$SUITE-backports"; do
	dir=$OUT/apt/$suite
	mkdir -p "$dir"
	for package in $KEA_ALL; do
		# The version that this suite alone offers; security and updates belong to the plain suite.
		version=$(chroot "$root" apt-cache madison "$package" | awk -F' *[|] *' -v backports="$SUITE-backports/" -v want="$suite/" \
			'(want == backports) == (index($3, backports) > 0) { print $2; exit }')
		[ -n "$version" ] || { echo "$suite has no $package"; exit 1; }
		(cd "$root/tmp" && chroot "$root" sh -c "cd /tmp && apt-get -q download $package=$version" && mv ./*.deb "$dir/")
	done
	(
		cd "$dir"
		dpkg-scanpackages --multiversion . >Packages 2>/dev/null
		gzip -9kn Packages
		{
			printf 'Origin: Debian\nLabel: Debian\nSuite: %s\nCodename: %s\nArchitectures: amd64 arm64 all\n' "$suite" "$suite"
			case $suite in *-backports) printf 'NotAutomatic: yes\nButAutomaticUpgrades: yes\n' ;; esac
			echo "Date: $(date -uR | sed 's/+0000/UTC/')"
			echo SHA256:
			for f in Packages Packages.gz; do
				printf ' %s %s %s\n' "$(sha256sum "$f" | cut -d' ' -f1)" "$(wc -c <"$f")" "$f"
			done
		} >Release
	)
done

# Which program file is which Kea: by content, so that a replaced or renamed file is still known.
: >"$OUT/programs"
for deb in "$OUT"/apt/*/*.deb; do
	version=$(dpkg-deb -f "$deb" Version)
	tmp=$(mktemp -d)
	dpkg-deb -x "$deb" "$tmp"
	for program in "$tmp"/usr/sbin/kea-*; do
		if [ ! -f "$program" ] || [ -h "$program" ]; then continue; fi
		echo "$(sha256sum "$program" | cut -d' ' -f1) $(basename "$program") ${version%%-*}" >>"$OUT/programs"
	done
	rm -rf "$tmp"
done

# From here on the hosts know these two suites and nothing else. "copy:" as from a network: apt has a package in its cache
# only once it was downloaded.
mount --bind "$OUT/apt" "$root/srv/lab-apt"
for host in kea db; do
	rm -f "$OUT/$host/etc/apt/sources.list.d/debian.sources" "$OUT/$host/etc/apt/apt.conf.d/00outside" \
		"$OUT/$host/usr/sbin/policy-rc.d" "$OUT/$host/etc/dpkg/dpkg.cfg.d/lab-build" "$OUT/$host/etc/resolv.conf"
	rm -rf "$OUT/$host"/var/lib/apt/lists/*
	echo "nameserver 127.0.0.1" >"$OUT/$host/etc/resolv.conf"
	for suite in "$SUITE" "$SUITE-backports"; do
		echo "deb [trusted=yes] copy:/srv/lab-apt/$suite ./"
	done >"$OUT/$host/etc/apt/sources.list"
done
chroot "$root" apt-get -q update
umount "$root/srv/lab-apt"
rm -rf "$OUT/common"
