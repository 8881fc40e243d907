//go:build lab

package lab

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

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

// oracleStep is the recipe of the host, and what it uses.
const oracleStep = "oracle-mysql"

func oracleSeed() []string {
	return []string{"files/oracle-mysql/accounts.sql.tmpl", "files/oracle-mysql/seed.sql", "files/oracle-mysql/mysqld.cnf"}
}

// ensureOracle returns the directory with the database host (db/) of Oracle's MySQL for a base, and builds it where this machine does
// not have it yet: one to two minutes. Only fleets that ask for that engine need it.
func ensureOracle(ctx context.Context, base Base, log io.Writer) (string, error) {
	sum := sha256.New()
	if err := hashFiles(sum, append(oracleSeed(), "recipe/"+oracleStep+".sh")); err != nil {
		return "", err
	}
	dir := fmt.Sprintf("%s-%s-%x", base.Dir, oracleStep, sum.Sum(nil)[:6])
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	from, err := findMirrors("/etc/apt")
	if err != nil {
		return "", err
	}
	return dir, withLock(filepath.Join(CacheDir(), "lock"), func() error {
		if _, err := os.Stat(dir); err == nil {
			return nil
		}
		return build(ctx, dir, oracleSeed(), []string{oracleStep}, from, log, "BASE="+base.Dir)
	})
}
