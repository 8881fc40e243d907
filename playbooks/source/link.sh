# Makes the prefix another tree, at once: at no moment it is none. In: prefix. Needs begin.sh and linked.sh.
to=$tree
# As the link was: from where it lies, or from the root.
case $(readlink "$prefix") in
/*) ;;
*) [ "${tree%/*}" != "${prefix%/*}" ] || to=${tree##*/} ;;
esac
rm -f "$prefix.kea-lockstep"
ln -s "$to" "$prefix.kea-lockstep"
mv -T "$prefix.kea-lockstep" "$prefix"
ldconfig
sync "${prefix%/*}"
