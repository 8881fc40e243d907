# Who else may start Kea there: keactrl, at boot, which no fence of units holds. In the section of managers.
grep -lsE '^[^#]*keactrl +([^ ]+ +)*start' /etc/crontab /etc/cron.d/* /var/spool/cron/crontabs/* /var/spool/cron/root /etc/rc.local \
	/etc/rc.d/rc.local /etc/init.d/* /etc/systemd/system/*.service || :
