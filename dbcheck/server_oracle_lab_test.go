//go:build lab

package dbcheck

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// oracleRoot, where it is given, is the root file system of a host that has Oracle's MySQL: the tests of MySQL's kind then run on that
// and not on MariaDB. MariaDB's client programs speak to it, as Debian's kea-admin does.
var oracleRoot = flag.String("mysqld", "", "root file system of a host with Oracle's mysqld, to run on instead of MariaDB")

// inOracle leads into that root file system, with the directory at /mnt.
func inOracle(dir string) []string {
	return []string{"unshare", "--mount", "--propagation", "private", "sh", "-c",
		`mount --bind "$0" "$1/mnt" && mount -t proc proc "$1/proc" && exec chroot "$@"`, dir, *oracleRoot}
}

// startOracle starts a private MySQL with its data below a directory.
func startOracle(t *testing.T, options ...string) *server {
	t.Helper()
	dir := t.TempDir()
	initOracle(t, dir)
	return serveOracle(t, dir, freePort(t), options...)
}

// initOracle makes its data. Its administrator gets in over TCP as well, as MariaDB's does.
func initOracle(t *testing.T, dir string) {
	t.Helper()
	write(t, filepath.Join(dir, "init.sql"), "CREATE USER root@'127.0.0.1';\nGRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;\n")
	args := append(inOracle(dir), "mysqld", "--no-defaults", "--user=root", "--initialize-insecure", "--datadir=/mnt/data",
		"--innodb-redo-log-capacity=8M", "--init-file=/mnt/init.sql")
	run(t, args[0], args[1:]...)
}

func serveOracle(t *testing.T, dir string, port int, options ...string) *server {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	s := &server{engine: MySQL, tools: oracleTools{}, port: port, socket: filepath.Join(dir, "s")}
	args := append(append(inOracle(dir), "mysqld", "--no-defaults", "--user=root", "--datadir=/mnt/data", "--socket=/mnt/s", "--tmpdir=/mnt/tmp",
		"--pid-file=/mnt/pid", "--bind-address=127.0.0.1", "--port="+strconv.Itoa(port), "--skip-name-resolve", "--mysqlx=0",
		"--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M", "--innodb-redo-log-capacity=8M", "--sync-binlog=0"), options...)
	s.cmd = exec.Command(args[0], args[1:]...)
	s.run(t, filepath.Join(dir, "log"))
	return s
}

// oracleTools are MariaDB's, but for what Oracle's server does in its own way.
type oracleTools struct{ mariadbTools }

func (oracleTools) product() string { return "MySQL" }

// A SLEEP whose time is over says so in its answer.
func (oracleTools) sleep() string {
	return "SELECT COUNT(*) FROM information_schema.COLUMNS a, information_schema.COLUMNS b, information_schema.COLUMNS c"
}

// clone starts a server on the same port of another address that has the first one's name for itself, as a machine's copy has.
func (oracleTools) clone(t *testing.T, s *server, made []string) *server {
	t.Helper()
	dir := t.TempDir()
	initOracle(t, dir)
	name, err := os.ReadFile(filepath.Join(filepath.Dir(s.socket), "data/auto.cnf"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "data/auto.cnf"), string(name))
	copied := serveOracle(t, dir, s.port, "--bind-address=127.0.0.2")
	copied.host = "127.0.0.2"
	copied.exec(t, made...)
	return copied
}
