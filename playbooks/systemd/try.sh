# Lets a binary of unpacked packages test a configuration beside the daemon that runs: as the unit's user, with its environment, and
# with nothing on this server that it could write to. The packages lie over today's hooks, and the files to be tested over today's, in
# the transient unit alone. In: unit, program, config (where the unit's command line names none), flag (-t or -T), name (of the
# transient unit), root (of the packages), prefix (of Kea), hooks, copies (a line each: the file to be tested, and the one that it stands for). Needs
# units.sh. Exit: behind a line @tested, 0 and 1 are the binary's own answer.
set -eu
unit_file "$unit"
unit_says "$unit" "$config"
for dir in "$root/usr/lib" "$root/lib"; do
	[ ! -s "$dir/systemd/system/$unit" ] || file=$dir/systemd/system/$unit
done
text=$(unit_text)
# Private, so that nothing is made on this server to hang it up on.
there=/tmp/kea-lockstep
runtime='' mode=''
set -- --property=PrivateTmp=yes --property=ProtectSystem=strict --property=RuntimeMaxSec=80 "--property=BindReadOnlyPaths=$root:$there"
while read -r line; do
	case $line in
	User=* | Group=* | SupplementaryGroups=* | UMask=* | WorkingDirectory=*) ;;
	Environment=* | EnvironmentFile=* | PassEnvironment=* | UnsetEnvironment=*) ;;
	AmbientCapabilities=* | CapabilityBoundingSet=* | NoNewPrivileges=* | Limit*=*) ;;
	RuntimeDirectory=*)
		filled "$unit" "${line#*=}"
		runtime="${filled:+$runtime $filled}"
		continue
		;;
	RuntimeDirectoryMode=*)
		mode=${line#*=}
		continue
		;;
	# Directories of the daemon are there: a unit that ends would take them along.
	*) continue ;;
	esac
	filled "$unit" "$line"
	case $filled in User=*) user=${filled#User=} ;; esac
	set -- "$@" "--property=$filled"
done <<END
$text
END
[ -z "$network" ] || set -- "$@" "--property=NetworkNamespacePath=$network"
libraries=
for dir in "$root$prefix"/lib/*-linux-gnu* "$root$prefix/lib64" "$root$prefix/lib"; do
	[ ! -d "$dir" ] || libraries=$libraries:$there${dir#"$root"}
done
set -- "$@" "--property=Environment=LD_LIBRARY_PATH=${libraries#:}" --property=Environment=KEA_LOCKFILE_DIR=none
for dir in $hooks; do
	[ ! -d "$root$dir" ] || [ ! -d "$dir" ] || set -- "$@" "--property=BindReadOnlyPaths=$root$dir:$dir"
done
# Directories for sockets, whose mode is another in the target's unit than today: its Kea wants it, and gets empty ones.
owner=$(id -u "$user" 2>/dev/null && id -g "$user" 2>/dev/null) || owner="0 0"
# shellcheck disable=SC2086 # two numbers
owner=$(printf ',uid=%s,gid=%s' $owner)
for dir in ${mode:+$runtime}; do
	now=$(stat -c %a "/run/$dir" 2>/dev/null) || continue
	[ "$now" = "${mode#0}" ] || set -- "$@" "--property=TemporaryFileSystem=/run/$dir:mode=$mode$owner"
done
# What a log would be written to.
[ ! -d /var/log/kea ] || set -- "$@" --property=TemporaryFileSystem=/var/log/kea:mode=1777
while read -r copy path; do
	[ -n "$path" ] || continue
	cp -a "$path" "$copy.fit"
	cat "$copy" >"$copy.fit"
	set -- "$@" "--property=BindReadOnlyPaths=$copy.fit:$path"
done <<END
$copies
END
# systemd-run looks for a program here first, and ends with 1 by itself too.
# shellcheck disable=SC2016,SC2086 # for the shell in there; words, or none
systemd-run --quiet --wait --pipe --collect --unit="$name" --service-type=exec "$@" \
	${vrf:+ip vrf exec $vrf} sh -c 'echo @tested && exec "$@"' sh "$there$program" "$flag" "$config" </dev/null 2>&1
