# What is called otherwise on another system. On FreeBSD GNU's programs have names of their own (its package coreutils), and setsid is daemon.
if [ -x /bin/freebsd-version ]; then
	base64() { gbase64 "$@"; }
	date() { gdate "$@"; }
	stat() { gstat "$@"; }
	sync() { gsync "$@"; }
	setsid() { daemon -f "$@"; }
fi
# kl_booted: sets boot, what the system calls this boot; unknown where it says nothing.
# shellcheck disable=SC2034 # it is for whoever calls
kl_booted() {
	boot=unknown
	if [ -r /proc/sys/kernel/random/boot_id ]; then
		read -r boot </proc/sys/kernel/random/boot_id
	elif [ -x /bin/freebsd-version ]; then
		# An opaque number, printed as "Format: Length:16 Dump:0x...".
		said=$(sysctl -x kern.boot_id) || :
		case $said in *0x*) boot=${said##*0x} ;; esac
	fi
}
