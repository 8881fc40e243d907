//go:build lab

package lab

// oracle's host is not of the base: its engine is in sid alone.
var oracle = dialect{
	service:   "mysql.service",
	unit:      "mysql.service",
	port:      3306,
	client:    "mysql --batch --skip-column-names --database=%s",
	dumper:    "mysqldump",
	settings:  "/etc/mysql/mysql.conf.d",
	structure: "mysqldump --no-data --routines --triggers --events --skip-comments --set-gtid-purged=OFF -- %s | sed 's/ AUTO_INCREMENT=[0-9]*//'",
	follower:  "mysql --socket=/run/mysqld/replica.sock --user=root --batch --skip-column-names kea",
	access:    openMariaDB,
	sessions:  mariadb.sessions,
	end:       mariadb.end,
	readOnly:  mariadb.readOnly, readWrite: mariadb.readWrite,
	own: mariadb.own,
}

// oracleSeed is what the recipe of its host uses.
func oracleSeed() []string {
	return []string{"files/oracle-mysql/accounts.sql.tmpl", "files/oracle-mysql/seed.sql", "files/oracle-mysql/mysqld.cnf"}
}
