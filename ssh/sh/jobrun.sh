#!/bin/sh
# Runs one job to its end and writes down how it ended: sh runner DIRECTORY
kl_dir=$1
trap '' HUP
umask 077
LC_ALL=C
PATH=${PATH:+$PATH:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
HOME=${HOME:-/root}
export LC_ALL PATH HOME
cd /
# Where there is no systemd, what the job starts is known by this.
read -r KL_UNIT <"$kl_dir/unit"
export KL_UNIT
exec 6>>"$kl_dir/alive" </dev/null >>"$kl_dir/output" 2>&1
flock -s 6
printf 'pid %s\nat %s\n' "$$" "$(date +%s.%N)" >"$kl_dir/started.new"
mv "$kl_dir/started.new" "$kl_dir/started"
kl_end() {
	[ ! -e "$kl_dir/secrets" ] || rm -f "$kl_dir/secrets"
	printf 'kind %s\nexit %s\nat %s\n' "$1" "$2" "$(date +%s.%N)" >"$kl_dir/status.new"
	mv "$kl_dir/status.new" "$kl_dir/status"
	exit 0
}
. "$kl_dir/guard"
exec 9>&-
(
	umask 022
	. "$kl_dir/params"
	if [ -e "$kl_dir/secrets" ]; then
		. "$kl_dir/secrets"
		rm -f "$kl_dir/secrets"
	fi
	. "$kl_dir/script"
)
kl_end 'done' "$?"
