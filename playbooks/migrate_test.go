package playbooks

import (
	"cmp"
	"os"
	"strings"
	"testing"
)

// kea-admin runs every script there ever was. Those that the schema is past are spared; what may have work, or is not known, is not.
func TestMigrationRunsTheScriptsAhead(t *testing.T) {
	for _, engine := range []struct{ name, kind, client string }{{"mysql", "mysql", "mariadb"}, {"postgresql", "pgsql", "psql"}} {
		t.Run(engine.name, func(t *testing.T) { runsAhead(t, engine.name, engine.kind, engine.client) })
	}
}

func runsAhead(t *testing.T, engine, kind, client string) {
	const newer = "upgrade_022.1_to_022.2.sh upgrade_022_to_023.sh upgrade_100_to_101.sh upgrade_mine.sh"
	for _, c := range []struct{ schema, lacks, want, names string }{
		{schema: "22.2", want: newer},
		{schema: "9.3", want: "upgrade_009.3_to_009.4.sh upgrade_021_to_022.sh upgrade_022.1_to_022.2.sh upgrade_022_to_023.sh upgrade_100_to_101.sh upgrade_mine.sh"},
		{schema: "102.0", lacks: "work to do"},
		{schema: "22.2", lacks: "room", names: newer},
		{schema: "22.2", lacks: "mktemp", names: newer},
		{schema: "22.2", lacks: "leave to run them", names: newer},
	} {
		h := newHost(t)
		for _, name := range []string{
			"upgrade_001.0_to_002.0.sh", "upgrade_009.3_to_009.4.sh", "upgrade_021_to_022.sh", "upgrade_022.1_to_022.2.sh",
			"upgrade_022_to_023.sh", "upgrade_100_to_101.sh", "upgrade_mine.sh", "dhcpdb_create.mysql", "wipe_data.sh",
		} {
			h.program("../scripts/"+kind+"/"+name, "true")
		}
		h.write("state/runs/R1/marker.json", "")
		h.program(client, "cat >/dev/null\necho "+c.schema)
		h.program("kea-admin", `echo "$*"
while [ $# -gt 0 ] && [ "$1" != -d ]; do shift; done
[ $# -lt 2 ] || ls -m -w 0 "$2/`+kind+`" | tr -d ,
exit 3`)
		switch c.lacks {
		case "work to do":
			if err := os.Remove(h.path("scripts/" + kind + "/upgrade_mine.sh")); err != nil {
				t.Fatal(err)
			}
		case "room":
			h.program("cp", "exit 1")
		case "mktemp":
			h.program("mktemp", "exit 1")
		case "leave to run them":
			h.program("chmod", "exit 0")
		}
		status, said := h.runOn(engine, "migrate", "client="+client, "host=192.0.2.1", "port=3306", "user=kea", "database=kea",
			"password=p", "option_password=p", "option_tls=", "directories=", "named=kea", "home=public", "ours=1", "allowed=", "look=look",
			"before="+c.schema, "between=30.0", "extra=--more", "run=R1", "scripts="+h.path("scripts"))
		named, said, _ := strings.Cut(said, "\n")
		if ahead := cmp.Or(c.want, c.names); named != strings.TrimRight("schema "+c.schema+", ahead: "+ahead, " ") {
			t.Errorf("%+v: it names %s", c, named)
		}
		first, spared, _ := strings.Cut(said, "\n")
		if status != 3 || !strings.HasPrefix(first, "db-upgrade "+kind+" -h 192.0.2.1 -P 3306 -u kea -n kea") || !strings.HasSuffix(first, "--more") {
			t.Errorf("%+v: status %d %s", c, status, said)
		}
		if strings.Contains(first, " -d ") != (c.want != "") || strings.TrimSpace(spared) != c.want {
			t.Errorf("%+v: %s", c, said)
		}
		if left, err := os.ReadDir(h.path("state/runs/R1")); err != nil || len(left) != 1 {
			t.Errorf("%+v: left is %v %v", c, left, err)
		}
	}
}
