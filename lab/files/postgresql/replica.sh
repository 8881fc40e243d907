# Starts a second PostgreSQL on this host that follows the first: a hot standby, on port 5433.
set -eu
dir=/var/lib/postgresql/replica
as() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
settings=$(echo /etc/postgresql/*/main)
echo "host replication replica 127.0.0.1/32 trust" >>"$settings/pg_hba.conf"
as psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 <<END
CREATE ROLE replica LOGIN REPLICATION;
SELECT pg_reload_conf() \g /dev/null
END
cd /
as pg_basebackup --pgdata="$dir" --host=127.0.0.1 --username=replica --checkpoint=fast --write-recovery-conf
as touch "$dir/postgresql.conf"
systemd-run --quiet --unit=replica --property=User=postgres "$(echo /usr/lib/postgresql/*/bin)/postgres" -D "$dir" -p 5433 \
	-c hba_file="$settings/pg_hba.conf" -c ident_file="$settings/pg_ident.conf" -c unix_socket_directories=/var/run/postgresql
i=0
until as psql --no-psqlrc -p 5433 -c "SELECT 1" >/dev/null 2>&1; do
	i=$((i + 1))
	[ $i -lt 100 ] || { journalctl -u replica --no-pager | tail -n 20 >&2; exit 1; }
	sleep 0.1
done
