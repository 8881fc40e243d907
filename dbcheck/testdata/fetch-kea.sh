#!/bin/sh
# Fetches the kea-admin of one release of Kea, with its scripts, and unpacks it
# into DIR/VERSION, for the tests behind the build tag "lab".
#
# A release that Debian has is its package. apt is used with sources and lists of
# its own; the machine's own are left alone. The archive is the one that the
# machine uses, or KEA_LAB_MIRROR. Any other release is made from the tag of Kea's
# repository, or of a clone of it that KEA_LAB_SOURCE names.
#
# usage: fetch-kea.sh DIR VERSION
set -eu
dir=$(mkdir -p "$1" && cd "$1" && pwd)
version=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

package() { # SUITE PACKAGE-VERSION
	mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
	mirror=${KEA_LAB_MIRROR:-$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
		grep -E '^(deb|URIs:) ' | grep -oE '[a-z+]+://[^ ]+/debian/?( |$)' | sed 's/ $//; q')}
	[ -n "$mirror" ] || { echo "no Debian archive in this machine's apt sources: set KEA_LAB_MIRROR" >&2; exit 1; }
	keys=/usr/share/keyrings/debian-archive-keyring.gpg
	echo "deb [signed-by=$keys] $mirror $1 main" >"$work/sources"
	private -q update
	(cd "$work" && private -q download "kea-admin=$2")
	dpkg-deb -x "$work"/kea-admin_*.deb "$work/tree"
}

private() {
	apt-get -o Dir::Etc::sourcelist="$work/sources" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State::lists="$work/lists" -o Dir::State::status=/dev/null \
		-o Dir::Cache="$work/cache" -o APT::Sandbox::User=root "$@"
}

# source_tree does what Kea's build does to these files: it fills in where they are.
source_tree() {
	repository=${KEA_LAB_SOURCE:-https://github.com/isc-projects/kea}
	tag=Kea-$version
	mkdir "$work/src"
	if [ ! -d "$repository" ]; then
		git init -q --bare "$work/git"
		git -C "$work/git" fetch -q --depth 1 "$repository" "refs/tags/$tag:refs/tags/$tag"
		repository=$work/git
	fi
	git -C "$repository" archive "$tag" src/bin/admin src/share/database/scripts | tar -x -C "$work/src"
	into=$work/tree/usr
	mkdir -p "$into/sbin" "$into/share/kea/scripts/mysql" "$into/share/kea/scripts/pgsql"
	fill "$work/src/src/bin/admin/kea-admin.in" "$into/sbin/kea-admin"
	for file in "$work"/src/src/bin/admin/admin-utils.sh*; do
		fill "$file" "$into/share/kea/scripts/admin-utils.sh"
	done
	for engine in mysql pgsql; do
		for file in "$work/src/src/share/database/scripts/$engine"/*; do
			case $file in *.in | *.mysql | *.pgsql) fill "$file" "$into/share/kea/scripts/$engine/$(basename "$file" .in)" ;; esac
		done
	done
}

fill() { # FROM TO
	# shellcheck disable=SC2016 # it is the scripts that know their prefix
	sed -e 's|@prefix@|/usr|; s|@exec_prefix@|${prefix}|; s|@datarootdir@|${prefix}/share|g; s|@sbindir@|${prefix}/sbin|g' \
		-e 's|@PACKAGE@|kea|g; s|@PACKAGE_NAME@|kea|g; s|@PACKAGE_VERSION@|'"$version"'|; s|@EXTENDED_VERSION@|'"$version"'|' \
		-e 's|@abs_top_[a-z]*@|/nowhere|g' "$1" >"$2"
}

case $version in
2.2.0) package bookworm 2.2.0-6 ;;
2.6.3) package trixie 2.6.3-1+deb13u1 ;;
3.0.3) package trixie-backports '3.0.3-1~bpo13+1' ;;
*) source_tree ;;
esac
rm -rf "${dir:?}/$version"
mv "$work/tree" "$dir/$version"
