#!/bin/bash
# Upgrades the Kea servers $CANARY and $REST, which share the database kea on $DB, to 3.0.3.
# In: SSH_CONFIG, CANARY, REST (names), ENGINE (mysql or pgsql), DB (address), DB_PASSWORD, CONFIGS (a directory with
# SERVER/kea-dhcp4.conf).
# Checks nothing on the way: if a step fails, so does what comes after, or worse.
#
# Lists of servers are split into words, and some variables are the servers' own, on purpose:
# shellcheck disable=SC2086,SC2016

dir=$(mktemp -d)
run() { # SERVER SCRIPT...
	local server=$1
	shift
	ssh -F "$SSH_CONFIG" -o ControlMaster=auto -o ControlPersist=60 -o ControlPath="$dir/%C" "$server" "$*"
}
on() { # SCRIPT SERVER...: on all these servers at once
	local script=$1 server
	shift
	for server; do run "$server" "$script" >>"$dir/$server.log" 2>&1 & done
	wait
}
say() { echo "$(date +%H:%M:%S.%N | cut -c1-12) $*"; }

apt='export DEBIAN_FRONTEND=noninteractive
v=$(apt-cache madison kea-common | awk "/backports/ { print \$3 }")
apt-get -qq install -y -o Dpkg::Options::=--force-confold'
packages='kea-dhcp4-server=$v kea-admin=$v kea-common=$v'

# Before the outage: connections, packages, configurations.
say connect, download
on "$apt --download-only $packages" $CANARY $REST
for server in $CANARY $REST; do
	run "$server" 'umask 077; cat >/root/kea-dhcp4.conf' <"$CONFIGS/$server/kea-dhcp4.conf"
done
configure='cat /root/kea-dhcp4.conf >/etc/kea/kea-dhcp4.conf'

say stop
on 'systemctl mask --now kea-dhcp4-server' $CANARY $REST
say dump
case $ENGINE in
mysql) dump="MYSQL_PWD='$DB_PASSWORD' mariadb-dump --single-transaction --routines --triggers -h $DB -u kea kea" ;;
pgsql) dump="PGPASSWORD='$DB_PASSWORD' pg_dump -h $DB -U kea kea" ;;
esac
on "umask 077; $dump >/root/kea.sql" $CANARY ${REST%% *}
say upgrade "$CANARY"
on "$apt $packages; $configure" $CANARY
say migrate
run "$CANARY" "KEA_ADMIN_DB_PASSWORD='$DB_PASSWORD' kea-admin db-upgrade $ENGINE -h $DB -u kea -n kea" >>"$dir/migrate.log" 2>&1
say start "$CANARY"
on 'systemctl unmask kea-dhcp4-server; systemctl start kea-dhcp4-server' $CANARY
say upgrade $REST
on "$apt $packages; $configure" $REST
say start $REST
on 'systemctl unmask kea-dhcp4-server; systemctl start kea-dhcp4-server' $REST
say "done"

for server in $CANARY $REST; do
	ssh -F "$SSH_CONFIG" -o ControlPath="$dir/%C" -O exit "$server" 2>/dev/null
done
rm -rf "$dir"
