# The whole look, rpm's part. In: sources (shell patterns of package names), adds (packages that may come to be needed besides). Needs packages.sh.
echo "@available"
set -f
# shellcheck disable=SC2086 # patterns, a word each
set -- $sources
set +f
ours=$(rpm -qa --qf '%{NAME}\n' "$@" | sort -u)
# shellcheck disable=SC2086 # a list of names
[ -z "$ours" ] || dnf -q repoquery --available --show-duplicates --queryformat '%{name} %{version}-%{release}\n' $ours $adds |
	awk 'NF == 2 { print $1 "\t" $2 "\tdnf" }' | sort -u -k 1,1 -k 2,2Vr
echo "@holds"
# Where the plugin is there.
dnf -q versionlock list 2>/dev/null | sed -n 's/^\(isc-kea[^:]*\)-[0-9]*:.*/\1/p' | sort -u || :
echo "@locked"
locked /var/lib/rpm/.rpm.lock /usr/lib/sysimage/rpm/.rpm.lock /var/lib/dnf/rpmdb_lock.pid
echo "@updates"
systemctl is-active dnf-automatic.timer dnf-automatic-install.timer 2>/dev/null | awk '{ print }' || :
echo "@end"
