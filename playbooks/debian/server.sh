# The whole look, Debian's part. In: sources, adds (packages that may come to be needed besides). Needs packages.sh.
echo "@available"
# shellcheck disable=SC2016 # dpkg-query's own variables
ours=$(dpkg-query -W -f '${Package}\t${source:Package}\t${db:Status-Abbrev}\n' | awk -F '\t' -v sources=" $sources " '
	index(sources, " " $2 " ") > 0 && $3 ~ /^.[iUFHWt]/ { print $1 }')
# shellcheck disable=SC2086 # a list of names
[ -z "$ours" ] || apt-cache madison $ours $adds | sed 's/ *| */	/g; s/^ *//'
echo "@holds"
# shellcheck disable=SC2086 # a list of names
[ -z "$ours" ] || apt-mark showhold $ours
echo "@locked"
locked /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock
echo "@updates"
systemctl is-active unattended-upgrades.service apt-daily-upgrade.timer 2>/dev/null | awk '{ print }' || :
echo "@end"
