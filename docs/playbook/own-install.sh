# Puts a tree in the place of what is installed, its configuration left out. What the other release alone has goes: kea-admin's scripts
# tell which schema a release expects. Both ways go through it. In: prefix, tree.
for part in share/kea lib/kea; do
	rm -rf "${prefix:?}/$part"
done
for part in bin sbin lib share; do
	[ -d "$tree/$part" ] || continue
	mkdir -p "$prefix/$part"
	cp -a "$tree/$part/." "$prefix/$part/"
done
ldconfig
sync
