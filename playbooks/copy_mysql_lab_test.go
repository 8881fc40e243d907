//go:build lab

package playbooks

import (
	"cmp"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// mariadb is a private server on loopback; root needs no password on its socket.
type mariadb struct {
	t            *testing.T
	socket, port string
}

// startMariaDB fails the test where there is no server on this machine: whoever asks for the lab wants to know.
func startMariaDB(t *testing.T) mariadb {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("mariadb-install-db", "--no-defaults", "--user=root", "--datadir="+dir+"/data", "--skip-test-db",
		"--auth-root-authentication-method=normal").CombinedOutput(); err != nil {
		t.Fatalf("mariadb-install-db: %v\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := mariadb{t, dir + "/s", strconv.Itoa(l.Addr().(*net.TCPAddr).Port)}
	l.Close()
	if err := os.Mkdir(dir+"/tmp", 0o700); err != nil {
		t.Fatal(err)
	}
	server := exec.Command("mariadbd", "--no-defaults", "--user=root", "--datadir="+dir+"/data", "--tmpdir="+dir+"/tmp", "--socket="+s.socket,
		"--bind-address=127.0.0.1", "--port="+s.port, "--skip-name-resolve", "--pid-file="+dir+"/pid", "--innodb-flush-log-at-trx-commit=0")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	for deadline := time.Now().Add(time.Minute); ; {
		out, err := exec.Command("mariadb", "--no-defaults", "--socket="+s.socket, "-e", "SELECT 1").CombinedOutput()
		if err == nil {
			return s
		}
		if time.Now().After(deadline) {
			t.Fatalf("the server does not answer: %v\n%s", err, out)
		}
		<-time.After(50 * time.Millisecond)
	}
}

// sql runs statements as root and gives what they print.
func (s mariadb) sql(database, statements string) string {
	s.t.Helper()
	cmd := exec.Command("mariadb", "--no-defaults", "--default-character-set=utf8mb4", "--socket="+s.socket, "--batch", "--skip-column-names", database)
	cmd.Stdin = strings.NewReader(statements)
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("%.300s: %v\n%s", statements, err, out)
	}
	return strings.TrimSpace(string(out))
}

// whole is everything in a database.
func (s mariadb) whole(database string) string {
	s.t.Helper()
	out, err := exec.Command("mariadb-dump", "--no-defaults", "--default-character-set=utf8mb4", "--socket="+s.socket, "--routines", "--triggers", "--events", "--hex-blob",
		"--skip-comments", database).CombinedOutput()
	if err != nil {
		s.t.Fatalf("mariadb-dump: %v\n%s", err, out)
	}
	return string(out)
}

// oddTable has what a copy loses that does not look: generated, invisible and bit columns, dates of zeros, bytes that are no text, a number 0
// where numbers are given, numbers ahead of the rows, and names with quotes.
const oddTable = "CREATE TABLE `odd ``one` (id INT AUTO_INCREMENT PRIMARY KEY, d DATE NOT NULL, ts TIMESTAMP NULL, b VARBINARY(20), " +
	"e ENUM('a', 'ü') CHARACTER SET latin1, v INT AS (hid * 2) VIRTUAL, p VARCHAR(30) AS (CONCAT('x', hid)) PERSISTENT, `back``tick` TEXT, " +
	"hid INT INVISIBLE DEFAULT 7, bt BIT(3), dc DECIMAL(10, 3));\n" +
	"SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';\n" +
	"INSERT INTO `odd ``one` (id, d, ts, b, e, `back``tick`, hid, bt, dc) VALUES (0, '0000-00-00', '2026-01-01 01:00:00', 0x00ff0a0d5c27, 'ü', " +
	"'line\\nbreak\\t'' \" ; \\\\', 9, b'101', 1.5), (41, '2026-00-00', NULL, NULL, NULL, NULL, NULL, NULL, NULL);\n" +
	"ALTER TABLE `odd ``one` AUTO_INCREMENT = 500;\n" +
	"CREATE VIEW seen AS SELECT id, hid FROM `odd ``one`;\n" +
	"CREATE EVENT tidied ON SCHEDULE EVERY 1 DAY DO DELETE FROM `odd ``one`;\n" +
	"CREATE TRIGGER odd_counted AFTER INSERT ON `odd ``one` FOR EACH ROW DELETE FROM lease_state;\n"

// makeKea makes Kea's own schema, with rows, as kea-admin 2.6.3 does.
func (s mariadb) makeKea() {
	s.t.Helper()
	from := cmp.Or(os.Getenv("KEA_LOCKSTEP_KEA_ADMIN"), "/var/cache/kea-lockstep-lab/kea-admin")
	create, err := os.ReadFile(filepath.Join(from, "2.6.3/usr/share/kea/scripts/mysql/dhcpdb_create.mysql"))
	if err != nil {
		s.t.Fatal(err)
	}
	rows, err := os.ReadFile("../dbcheck/testdata/rows-mysql-22.2.sql")
	if err != nil {
		s.t.Fatal(err)
	}
	s.sql("mysql", "CREATE DATABASE `kea data`; CREATE USER kea@'%' IDENTIFIED BY '"+adminPassword+"'; GRANT ALL ON `kea data`.* TO kea@'%'; GRANT ALL ON `kea\\_lockstep\\_%`.* TO kea@'%';"+
		"GRANT SELECT ON mysql.proc TO kea@'%'; GRANT SET USER, PROCESS ON *.* TO kea@'%'")
	s.sql("kea data", string(create))
	s.sql("kea data", string(rows))
	s.sql("kea data", oddTable)
}

func (s mariadb) as(more ...string) []string {
	return append([]string{"client=mariadb", "dumper=mariadb-dump", "host=127.0.0.1", "port=" + s.port, "database=kea data", "user=kea", "option_password=" + adminPassword,
		"option_tls=", "copy=" + aCopy, "ours=", "look=a look", "allowed=2d2c"}, more...)
}

// cutAfter lets the client program end at its Nth start, as a job does whose server has gone.
func cutAfter(h host, calls int) {
	h.write("calls", "")
	h.program("mariadb", fmt.Sprintf("echo . >>'%[1]s'\n[ \"$(wc -l <'%[1]s')\" -lt %[2]d ] || exit 1\nexec /usr/bin/mariadb \"$@\"", h.path("calls"), calls))
}

// Wherever a copy or its way back is cut off, it is done again from there; only a whole copy is put back.
func TestMySQLIsCopiedAndPutBack(t *testing.T) {
	s, h := startMariaDB(t), newHost(t)
	s.makeKea()
	before := s.whole("kea data")
	copies := s.as("dir=" + h.path("backups"))
	put := s.as()
	done := func(action string, with []string) bool {
		t.Helper()
		status, said := h.runOn("mysql", action, with...)
		if status != 0 && action == "put" && strings.Contains(said, "is not what was copied") && !strings.Contains(said, "it cannot be read") && !strings.Contains(said, "it is not there") {
			t.Errorf("%s: %s", action, said)
		}
		return status == 0
	}
	for calls := 1; ; calls++ {
		cutAfter(h, calls)
		if done("copy", copies) {
			if calls < 5 {
				t.Fatal("it was not cut off")
			}
			break
		}
		cutAfter(h, 1000)
		if done("put", put) {
			t.Fatalf("what was copied until call %d was put back", calls)
		}
		if s.whole("kea data") != before {
			t.Fatalf("a copy that was not whole at call %d changed the database", calls)
		}
	}
	cutAfter(h, 1000)
	if status, said := h.runOn("mysql", "copy", copies...); status != 0 || said != "copy\t"+aCopy+"\ndrop\tDROP DATABASE "+aCopy+"\ntables\t60\n" {
		t.Fatalf("copy: %d %s", status, said)
	}
	if status, said := h.runOn("mysql", "prove-copy", s.as("scratch=kea_lockstep_ab12")...); status != 0 {
		t.Fatalf("prove: %d %s", status, said)
	}
	if is := s.sql("kea_lockstep_ab12", "SELECT COUNT(*) FROM lease4; SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() AND TRIGGER_NAME = 'odd_counted'"); is != "0\n1" {
		t.Errorf("the structure comes with %s", is)
	}
	s.sql("kea data", "SET foreign_key_checks = 0; DROP TABLE lease4, schema_version; DROP VIEW seen; DELETE FROM `odd ``one`; CREATE TABLE half (id INT)")
	for calls := 1; ; calls++ {
		cutAfter(h, calls)
		if done("put", put) {
			break
		}
	}
	cutAfter(h, 1000)
	for range 2 {
		if after := s.whole("kea data"); after != before {
			t.Errorf("the database is not what it was:\n%s", after)
		}
		if status, said := h.runOn("mysql", "put", put...); status != 0 || said != "restored\n" {
			t.Fatalf("put: %d %s", status, said)
		}
	}
	for _, c := range [][2]string{
		{"its rows were changed", "UPDATE " + aCopy + ".lease4 SET subnet_id = 3 LIMIT 1"}, {"it is not there", "DROP DATABASE " + aCopy},
	} {
		s.sql("mysql", c[1])
		if status, said := h.runOn("mysql", "put", put...); status == 0 || !strings.Contains(said, c[0]) || s.whole("kea data") != before {
			t.Errorf("%s: %d %s", c[0], status, said)
		}
	}
	if status, said := h.runOn("mysql", "copy", append(copies, "copy=kea data")...); status == 0 || !strings.Contains(said, "is no copy") {
		t.Errorf("another database was taken for a copy: %d %s", status, said)
	}
}
