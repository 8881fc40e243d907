# Lets a binary of unpacked packages test a configuration beside the daemon that runs: as the service's user, and with nothing on this
# server that it could write to. The packages lie over today's hooks, and the files to be tested over today's, in a name space of its
# own. In: unit, program, config (where the service names none), flag (-t or -T), name (by which its processes are known as ours), root
# (of the packages), hooks, copies (a line each: the file to be tested, and the one that it stands for). Needs units.sh.
# Exit: behind a line @tested, 0 and 1 are the binary's own answer.
set -eu
unit_file "$unit"
unit_says "$unit" "$config"
there=/tmp/kea-lockstep
laid=
while read -r copy path; do
	[ -n "$path" ] || continue
	cp -a "$path" "$copy.fit"
	cat "$copy" >"$copy.fit"
	laid="$laid
$copy.fit $path"
done <<END
$copies
END
libraries=
for dir in "$root"/usr/lib/*-linux-gnu* "$root/usr/lib64" "$root/usr/lib"; do
	[ ! -d "$dir" ] || libraries=$libraries:$there${dir#"$root"}
done
for dir in $hooks; do
	[ ! -d "$root$dir" ] || [ ! -d "$dir" ] || laid="$laid
$root$dir $dir"
done
export KL_UNIT="$name" KL_ROOT="$root" KL_THERE="$there" KL_LAID="$laid"
export KL_PROGRAM="$there$program" KL_FLAG="$flag" KL_CONFIG="$config"
export KL_LIBRARIES="${libraries#:}" KEA_LOCKFILE_DIR=none
# shellcheck disable=SC2016 # for the shells in there
exec timeout 80 unshare -m sh -euc '
	mount -t tmpfs -o mode=1777 tmpfs /tmp
	mkdir "$KL_THERE"
	mount -o bind "$KL_ROOT" "$KL_THERE"
	while read -r from to; do
		[ -z "$to" ] || mount -o bind "$from" "$to"
	done <<END
$KL_LAID
END
	[ ! -d /var/log/kea ] || mount -t tmpfs -o mode=1777 tmpfs /var/log/kea
	while read -r _ at _; do
		case $at in /tmp | /var/log/kea | /proc | /proc/* | /sys | /sys/* | /dev | /dev/*) continue ;; esac
		mount -o remount,bind,ro "$at" "$at"
	done </proc/self/mounts
	echo @tested
	exec su -s /bin/sh -c "exec env LD_LIBRARY_PATH=\"\$KL_LIBRARIES\" \"\$KL_PROGRAM\" \"\$KL_FLAG\" \"\$KL_CONFIG\"" "$0"
' "${user:-root}" </dev/null 2>&1
