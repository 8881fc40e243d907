# What starts these daemons past keactrl, at a boot or by the clock: no fence of its holds that. In: units. In the section of managers.
while read -r _ _ program _; do
	[ -n "$program" ] || continue
	grep -lsE "^[^#]*$program +([^ ]+ +)*-c" /etc/crontab /etc/cron.d/* /var/spool/cron/crontabs/* /var/spool/cron/root /etc/rc.local \
		/etc/rc.d/rc.local /etc/init.d/* /etc/systemd/system/*.service || :
done <<END
$units
END
