# Who else manages this server. In: managers (services).
echo "@managers"
for manager in $managers; do
	[ ! -e "/run/openrc/started/$manager" ] || echo "$manager"
done
grep -lsE 'puppet|chef-client|salt-call|ansible-pull|apk +(-[^ ]+ +)*(upgrade|add +(-[^ ]+ +)*-[a-zA-Z]*u)' /etc/crontabs/* /etc/periodic/*/* 2>/dev/null || :
# Busybox's flock cannot wait for a time.
echo "@tools"
flock -w 1 /dev/null true 2>/dev/null || printf 'flock\t\n'
