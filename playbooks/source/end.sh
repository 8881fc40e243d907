# Ends an installation: what is installed now says which version it is, with the libraries that it will run with. In: state, prefix.
# Needs begin.sh.
for daemon in kea-dhcp4 kea-dhcp6 kea-dhcp-ddns; do
	[ -x "$tree/sbin/$daemon" ] || continue
	program=$prefix/sbin/$daemon
	now=$("$program" -v 2>&1) || :
	if [ "$now" != "$version" ]; then
		echo "$program is not Kea $version: $now" >&2
		exit 1
	fi
done
rm -f "$state/installing"
sync "$state"
