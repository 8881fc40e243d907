# Everything stands in braces, so that it is read whole before any of it runs.
umask 022
PATH=${PATH:+$PATH:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
kl_end() {
	printf '%s end %s %s\n' "$kl_mark" "$1" "$2"
	printf '%s end %s %s\n' "$kl_mark" "$1" "$2" >&2
	exit 0
}
printf '%s begin\n' "$kl_mark"
printf '%s begin\n' "$kl_mark" >&2
if [ "$kl_root" = yes ] && [ "$(id -u)" != 0 ]; then
	kl_end notroot 1
fi
