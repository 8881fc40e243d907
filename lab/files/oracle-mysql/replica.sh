# Starts a second MySQL on this host that follows the first: read-only, on port 3307.
set -eu
dir=/var/lib/replica
replica="mysql --socket=/run/mysqld/replica.sock --user=root"
mysql <<END
CREATE USER replica@'127.0.0.1' IDENTIFIED BY 'replica';
GRANT REPLICATION SLAVE ON *.* TO replica@'127.0.0.1';
END
install -d -o mysql -g mysql "$dir"
setpriv --reuid=mysql --regid=mysql --clear-groups mysqld --no-defaults --initialize-insecure --datadir="$dir" --innodb-redo-log-capacity=8M
systemd-run --quiet --unit=replica --property=User=mysql mysqld --no-defaults --datadir="$dir" --port=3307 --mysqlx=0 \
	--socket=/run/mysqld/replica.sock --pid-file="$dir/pid" --server-id=2 --read-only --skip-name-resolve --innodb-redo-log-capacity=8M
i=0
until $replica -e "SELECT 1" >/dev/null 2>&1; do
	i=$((i + 1))
	[ $i -lt 100 ] || { journalctl -u replica --no-pager | tail -n 20 >&2; exit 1; }
	sleep 0.1
done
$replica -e "CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=3306, SOURCE_USER='replica', SOURCE_PASSWORD='replica', GET_SOURCE_PUBLIC_KEY=1"
# shellcheck disable=SC2016 # the quotes of SQL
mysqldump --databases kea --source-data=1 --single-transaction --routines --events --triggers | sed 's/DEFINER=`[^`]*`@`[^`]*`//' | $replica
$replica -e "START REPLICA"
