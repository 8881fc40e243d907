# Puts the site's own hook library, which is built for each release of Kea, where the installed release looks for it.
# In: hooks (directories, as shell patterns), built (where the libraries lie, one directory for each release).
set -eu
release=$(kea-dhcp4 -v)
library=${built:-/usr/local/lib/kea-site}/$release/libdhcp_site.so
if ! [ -e "$library" ]; then
	echo "there is no $library: build it for Kea $release, then resume" >&2
	exit 1
fi
for dir in $hooks; do
	[ -d "$dir" ] || continue
	cp "$library" "$dir/libdhcp_site.so.new"
	sync "$dir/libdhcp_site.so.new"
	mv "$dir/libdhcp_site.so.new" "$dir/libdhcp_site.so"
done
