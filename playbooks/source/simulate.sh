# Whether what is to be installed is there: one tree of that version, with every daemon that is installed today, which starts with the
# libraries that it finds. In: wanted (kea=version), prefix. Needs trees.sh.
set -eu
version=${wanted#kea=}
tree_of "$version"
for daemon in kea-dhcp4 kea-dhcp6 kea-dhcp-ddns; do
	[ -x "$prefix/sbin/$daemon" ] || continue
	program=$tree/sbin/$daemon
	said=$(LD_LIBRARY_PATH=$tree/lib:$tree/lib64 "$program" -v 2>&1) || :
	if [ "$said" != "$version" ]; then
		echo "$program does not say that it is $version: $said" >&2
		exit 1
	fi
done
echo "Inst kea ($version from $tree)"
