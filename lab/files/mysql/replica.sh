# Starts a second MariaDB on this host that follows the first: read-only, on port 3307.
set -eu
dir=/var/lib/replica
replica="mariadb --socket=/run/mysqld/replica.sock"
mariadb <<END
CREATE USER replica@'127.0.0.1' IDENTIFIED BY 'replica';
GRANT REPLICATION SLAVE ON *.* TO replica@'127.0.0.1';
END
install -d -o mysql -g mysql "$dir"
mariadb-install-db --user=mysql --datadir="$dir" --skip-test-db >/dev/null
systemd-run --quiet --unit=replica --property=User=mysql mariadbd --no-defaults --datadir="$dir" --port=3307 \
	--socket=/run/mysqld/replica.sock --pid-file="$dir/pid" --server-id=2 --read-only --skip-name-resolve --innodb-log-file-size=8M
i=0
until $replica -e "SELECT 1" >/dev/null 2>&1; do
	i=$((i + 1))
	[ $i -lt 100 ] || { journalctl -u replica --no-pager | tail -n 20 >&2; exit 1; }
	sleep 0.1
done
$replica -e "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=3306, MASTER_USER='replica', MASTER_PASSWORD='replica'"
mariadb-dump --all-databases --master-data=1 --single-transaction --routines --events --triggers | $replica
$replica -e "START SLAVE"
