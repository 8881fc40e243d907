#!/bin/sh
# Builds Kea hosts where Kea is installed as from source, in $OUT/kea: no package of it, a tree for each version under /opt, a link to
# today's, and a unit of the administrator's own in /etc/systemd/system. What is in the trees was not built: it is taken from Debian's
# packages. Where those have paths compiled in, the unit says other ones.
# In: OUT, BASE (a base that is built). Runs in a mount namespace of its own.
set -eu
root=$OUT/kea
mkdir "$OUT/apt" # of no packages
cp -a "$BASE/kea" "$root"
mount -t proc proc "$root/proc"
# What Debian's Kea needs stays, and its user.
# shellcheck disable=SC2016 # for the shell in there
chroot "$root" sh -eu -c '
	export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
	theirs=$(dpkg-query -W -f "\${Package}\n" | grep -E "^(kea-|python3-kea)")
	apt-get -q purge -y $theirs'
: >"$root/etc/apt/sources.list"

taken=$OUT/taken
for from in "$BASE"/apt/*/kea-*.deb; do
	case ${from##*/} in kea-ctrl-agent_*) continue ;; esac
	number=$(dpkg-deb -f "$from" Version)
	tree=$root/opt/kea-${number%%-*}
	rm -rf "$taken"
	dpkg-deb -x "$from" "$taken"
	for part in sbin share/kea lib/*-linux-gnu*; do
		for dir in "$taken"/usr/$part; do
			[ -d "$dir" ] || continue
			case $part in lib/*) to=lib ;; *) to=$part ;; esac
			mkdir -p "$tree/$to"
			cp -a "$dir/." "$tree/$to/"
		done
	done
done
rm -rf "$taken"
for tree in "$root"/opt/kea-*; do
	grep -rl '^prefix="/usr"$' "$tree/sbin/kea-admin" "$tree/share" | while read -r script; do
		sed -i "s|^prefix=\"/usr\"$|prefix=\"${tree#"$root"}\"|" "$script"
	done
done
ln -s kea-2.6.3 "$root/opt/kea"
echo /opt/kea/lib >"$root/etc/ld.so.conf.d/kea.conf"
chroot "$root" ldconfig
[ "$(chroot "$root" /opt/kea/sbin/kea-dhcp4 -v)" = 2.6.3 ]
[ "$(chroot "$root" env LD_LIBRARY_PATH=/opt/kea-3.0.3/lib /opt/kea-3.0.3/sbin/kea-dhcp4 -v)" = 3.0.3 ]

mkdir -p "$root/etc/kea"
cat >"$root/etc/systemd/system/kea-dhcp4.service" <<'END'
[Unit]
Description=Kea DHCPv4, built here
Wants=network-online.target
After=network-online.target

[Service]
User=_kea
AmbientCapabilities=CAP_NET_BIND_SERVICE CAP_NET_RAW
Environment=KEA_LOCKFILE_DIR=/run/lock/kea KEA_PIDFILE_DIR=/run/kea KEA_HOOKS_PATH=/opt/kea/lib/kea/hooks
RuntimeDirectory=kea lock/kea
RuntimeDirectoryMode=0750
StateDirectory=kea
StateDirectoryMode=0750
ExecStart=/opt/kea/sbin/kea-dhcp4 -c /etc/kea/kea-dhcp4.conf
Restart=on-failure

[Install]
WantedBy=multi-user.target
END
chroot "$root" systemctl enable kea-dhcp4.service
umount "$root/proc"
