#!/bin/sh
# Lays an older Kea over a base that is there: in $OUT/layers what changes of the Kea host and of the database host, in $OUT/apt
# what the base has and the older packages. The databases' data are made anew; the scripts that fill them follow in this one's
# mount namespace and find the hosts in $OUT/kea and $OUT/db.
# In: OUT, UNDER (the base), MIRROR, OLDER_SUITE, OLDER_VERSION, KEA_PACKAGES. The packages' libraries are the base's own.
set -eu
ln -s "$UNDER" "$OUT/under"
for host in kea db; do
	mkdir -p "$OUT/layers/$host" "$OUT/work-$host" "$OUT/$host"
	mount -t overlay overlay -o "lowerdir=$UNDER/$host,upperdir=$OUT/layers/$host,workdir=$OUT/work-$host" "$OUT/$host"
done

# The older packages, by lists of their own: this machine's and the hosts' are left alone.
dir=$OUT/apt/$OLDER_SUITE
lists=$OUT/lists
cp -a "$UNDER/apt" "$OUT/apt"
mkdir -p "$dir" "$lists/partial" "$lists/archives/partial"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $MIRROR $OLDER_SUITE main" >"$lists.list"
private() {
	apt-get -q -o Dir::Etc::sourcelist="$lists.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$lists" \
		-o Dir::State::status=/dev/null -o Dir::Cache="$lists" -o APT::Sandbox::User=root "$@"
}
private update
exact=
for package in $KEA_PACKAGES; do
	(cd "$dir" && private download "$package=$OLDER_VERSION-*")
	exact="$exact $package=$OLDER_VERSION-*"
done
rm -rf "$lists" "$lists.list"
(
	cd "$dir"
	dpkg-scanpackages --multiversion . >Packages 2>/dev/null
	gzip -9kn Packages
	{
		printf 'Origin: Debian\nLabel: Debian\nSuite: %s\nCodename: %s\nArchitectures: amd64 arm64 all\n' "$OLDER_SUITE" "$OLDER_SUITE"
		echo "Date: $(date -uR | sed 's/+0000/UTC/')"
		echo SHA256:
		for f in Packages Packages.gz; do
			printf ' %s %s %s\n' "$(sha256sum "$f" | cut -d' ' -f1)" "$(wc -c <"$f")" "$f"
		done
	} >Release
)
cp "$UNDER/programs" "$OUT/programs"
for deb in "$dir"/*.deb; do
	tmp=$(mktemp -d)
	dpkg-deb -x "$deb" "$tmp"
	for program in "$tmp"/usr/sbin/kea-*; do
		if [ ! -f "$program" ] || [ -h "$program" ]; then continue; fi
		echo "$(sha256sum "$program" | cut -d' ' -f1) $(basename "$program") $OLDER_VERSION" >>"$OUT/programs"
	done
	rm -rf "$tmp"
done

root=$OUT/kea
mount -t proc proc "$root/proc"
mount --bind "$OUT/apt" "$root/srv/lab-apt"
for host in kea db; do
	echo "deb [trusted=yes] copy:/srv/lab-apt/$OLDER_SUITE ./" >>"$OUT/$host/etc/apt/sources.list"
done
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
# As on a host that never had the newer one: with the older one's own configuration files.
# shellcheck disable=SC2086 # lists of package names
chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 sh -c "
	apt-get -q update
	apt-get -q purge -y $KEA_PACKAGES
	apt-get -q install -y --no-install-recommends $exact
	apt-get clean"
chroot "$root" kea-dhcp4 -v | grep -qx "$OLDER_VERSION"
rm "$root/usr/sbin/policy-rc.d"
umount "$root/srv/lab-apt" "$root/proc"

root=$OUT/db
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
rm -rf "$root/var/lib/mysql"
install -d -m 755 "$root/var/lib/mysql"
chroot "$root" chown mysql:mysql /var/lib/mysql
chroot "$root" mariadb-install-db --user=mysql --skip-test-db --auth-root-authentication-method=socket >/dev/null
version=$(ls "$root/etc/postgresql")
chroot "$root" env LC_ALL=C.UTF-8 pg_dropcluster "$version" main
chroot "$root" env LC_ALL=C.UTF-8 pg_createcluster "$version" main
umount "$root/dev/shm" "$root/proc"
