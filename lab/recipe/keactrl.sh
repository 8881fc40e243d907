#!/bin/sh
# Builds Kea hosts where keactrl starts Kea from source, in $OUT/kea: those with trees, with Kea's own keactrl in each, as a build for
# /opt/kea and /etc makes it; rc.local runs it at boot, and there is no unit of Kea. It is that of Kea 2.6.3 in both, from the sources of
# Debian's package: 3.0.3's does the same by other words, and Debian's mirrors need not have sources of backports.
# In: OUT, BASE (hosts with trees), MIRROR, SUITE. Runs in a mount namespace of its own.
set -eu
root=$OUT/kea
mkdir "$OUT/apt" # of no packages
cp -a "$BASE/kea" "$root"
rm "$root/etc/systemd/system/kea-dhcp4.service" "$root/etc/systemd/system/multi-user.target.wants/kea-dhcp4.service"

# apt, with nothing of this machine's and nothing on the hosts but Debian's keys.
apt=$OUT/sources
mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial"
echo "deb-src [signed-by=$root/usr/share/keyrings/debian-archive-keyring.gpg] $MIRROR $SUITE main" >"$apt/sources.list"
cat >"$apt/apt.conf" <<END_OF_CONF
Dir::State "$apt/state";
Dir::State::status "/dev/null";
Dir::Cache "$apt/cache";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
APT::Sandbox::User "root";
END_OF_CONF
export APT_CONFIG="$apt/apt.conf"
apt-get -q update

full=$(apt-cache showsrc isc-kea | sed -n 's/^Version: \(2\.6\.3-.*\)/\1/p' | head -n 1)
[ -n "$full" ]
(cd "$apt" && apt-get -q source --download-only "isc-kea=$full" && tar -xf isc-kea_2.6.3.orig.tar.gz --strip-components=4 --wildcards '*/src/bin/keactrl/keactrl*.in')
unset APT_CONFIG

# made FILE VERSION: what a build makes of a file of the sources.
# shellcheck disable=SC2016 # as it stands there
made() {
	sed -e 's|@prefix@|/opt/kea|; s|@exec_prefix@|${prefix}|; s|@sbindir@|${exec_prefix}/sbin|; s|@sysconfdir@|/etc|; s|@localstatedir@|/var|' \
		-e "s|@runstatedir@|/run|; s|@PACKAGE@|kea|; s|@HAVE_NETCONF@|no|; s|@PACKAGE_VERSION@|$2|; s|@EXTENDED_VERSION@|$2|" "$apt/$1"
}
for tree in "$root"/opt/kea-*; do
	made keactrl.in "${tree##*/kea-}" >"$tree/sbin/keactrl"
	chmod 755 "$tree/sbin/keactrl"
	if grep '@[a-zA-Z_]*@' "$tree/sbin/keactrl"; then exit 1; fi
done
made keactrl.conf.in 2.6.3 >"$root/etc/kea/keactrl.conf"
rm -rf "$apt"
for server in dhcp6 dhcp_ddns ctrl_agent; do sed -i "s/^$server=yes$/$server=no/" "$root/etc/kea/keactrl.conf"; done
# Debian's programs have other paths compiled in.
echo 'export KEA_HOOKS_PATH=/opt/kea/lib/kea/hooks KEA_LOCKFILE_DIR=/run/kea' >>"$root/etc/kea/keactrl.conf"
echo 'd /run/kea 0750 root root' >"$root/etc/tmpfiles.d/kea.conf"
printf '#!/bin/sh\n/opt/kea/sbin/keactrl start\n' >"$root/etc/rc.local"
chmod 755 "$root/etc/rc.local"
