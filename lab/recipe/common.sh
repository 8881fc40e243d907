#!/bin/sh
# Builds the system that both kinds of host start from, in $OUT/common.
# In: OUT, DEBS (package files kept between builds), MIRROR, SECURITY (URLs), SUITE. Runs in a mount namespace of its own.
set -eu
root=$OUT/common

mkdir -p "$DEBS"
debootstrap --variant=minbase --cache-dir="$DEBS" \
	--include=ca-certificates,openssh-server,iproute2,iputils-ping,systemd,systemd-sysv,dbus,procps,sudo,opendoas,cron \
	"$SUITE" "$root" "$MIRROR"

: >"$root/etc/apt/sources.list"
cat >"$root/etc/apt/sources.list.d/debian.sources" <<EOF
Types: deb
URIs: $MIRROR
Suites: $SUITE $SUITE-updates $SUITE-backports
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: $SECURITY
Suites: $SUITE-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
EOF

# Nothing starts while packages are installed into a directory; removed again at the end of the build.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
# Nobody needs a half-built system after a crash: do not wait for the disk at each package. Removed again, too.
echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/lab-build"
cp /etc/resolv.conf "$root/etc/resolv.conf"
if [ -d /etc/apt/apt.conf.d ]; then
	grep -hs '^Acquire::http' /etc/apt/apt.conf.d/* >"$root/etc/apt/apt.conf.d/00outside" || true
fi
chroot "$root" apt-get -q update

# These wait for a network manager or for kernel modules that a container does not have: minutes at each boot.
for unit in systemd-networkd-wait-online systemd-networkd systemd-modules-load systemd-binfmt \
	sys-kernel-debug.mount sys-kernel-tracing.mount; do
	case $unit in *.mount) ;; *) unit=$unit.service ;; esac
	ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
# Each host gets keys of its own.
rm -f "$root"/etc/ssh/ssh_host_*
mkdir -p "$root/root/.ssh" "$root/srv/lab-apt"
chmod 700 "$root/root/.ssh"
