# Who else manages this server. In: managers (units).
echo "@managers"
# shellcheck disable=SC2086 # a list of names
systemctl list-units --plain --no-legend --state=active $managers 2>/dev/null | awk '{ print $1 }' || :
grep -lsE 'puppet|chef-client|salt-call|ansible-pull|apt(-get)? +(-[^ ]+ +)*(dist-)?upgrade' /etc/crontab /etc/cron.d/* /var/spool/cron/crontabs/* 2>/dev/null || :
