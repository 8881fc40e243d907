#!/bin/sh
# Fetches Debian's kea-admin packages and unpacks them into DIR/2.6.3 and
# DIR/3.0.3, for the tests behind the build tag "lab". Uses apt with sources and
# lists of its own; the machine's own are left alone. The archive is the one
# that the machine uses, or KEA_LAB_MIRROR.
#
# usage: fetch-kea.sh DIR
set -eu
dir=$(mkdir -p "$1" && cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
mirror=${KEA_LAB_MIRROR:-$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
	grep -E '^(deb|URIs:) ' | grep -oE '[a-z+]+://[^ ]+/debian/?( |$)' | sed 's/ $//; q')}
[ -n "$mirror" ] || { echo "no Debian archive in this machine's apt sources: set KEA_LAB_MIRROR" >&2; exit 1; }
keys=/usr/share/keyrings/debian-archive-keyring.gpg
for suite in trixie trixie-backports; do
	echo "deb [signed-by=$keys] $mirror $suite main"
done >"$work/sources"
private() {
	apt-get -o Dir::Etc::sourcelist="$work/sources" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State::lists="$work/lists" -o Dir::State::status=/dev/null \
		-o Dir::Cache="$work/cache" -o APT::Sandbox::User=root "$@"
}
private -q update
cd "$work"
for version in 2.6.3-1+deb13u1 3.0.3-1~bpo13+1; do
	private -q download "kea-admin=$version"
	dpkg-deb -x "kea-admin_$(echo "$version" | sed 's/:/%3a/')"_*.deb "$dir/${version%%-*}"
done
