# The whole look, that of trees. Who else may start Kea there: keactrl, at boot, which no fence of units holds. Needs trees.sh; in the section
# of managers.
grep -lsE '^[^#]*keactrl +([^ ]+ +)*start' /etc/crontab /etc/cron.d/* /var/spool/cron/crontabs/* /var/spool/cron/root /etc/rc.local \
	/etc/rc.d/rc.local /etc/init.d/* /etc/systemd/system/*.service || :
echo "@available"
trees | while read -r version tree; do
	printf 'kea\t%s\t%s\n' "$version" "$tree"
done
echo "@holds"
echo "@locked"
echo "@updates"
echo "@end"
