package playbooks

import (
	"strings"
	"testing"
)

// An operator's own command is told what it is about, and no password; its words stay words; what it says is evidence and nothing else.
func TestTheOperatorsOwnCommand(t *testing.T) {
	for _, c := range []struct{ does, says, want, lacks string }{
		{`for word; do printf '<%s>' "$word"; done; echo; env | grep ^KEA_LOCKSTEP | sort; echo; exec >&2; echo "taken as 7"; echo`, "said\ttaken as 7\nbackup\tR1-db1-1\n",
			"| <--of><a b><><$HOME>\n| KEA_LOCKSTEP_ATTEMPT=1\n| KEA_LOCKSTEP_BACKUP=R1-db1-1\n| KEA_LOCKSTEP_DATABASE=mysql:x:kea\n| KEA_LOCKSTEP_ENGINE=mysql\n" +
				"| KEA_LOCKSTEP_HOST=192.0.2.1\n| KEA_LOCKSTEP_NAME=kea\n| KEA_LOCKSTEP_PORT=3306\n| KEA_LOCKSTEP_RUN=R1\n| KEA_LOCKSTEP_SAID=earlier\n" +
				"| KEA_LOCKSTEP_SCHEMA=22.2\n| KEA_LOCKSTEP_SERVER=k1\n| KEA_LOCKSTEP_USER=kea\n| KEA_LOCKSTEP_WHAT=@\n", "hunter2"},
		{`printf 'backup\tforged\nno end'; exit 3`, "status\t3\nsaid\tno end\n", "| backup\tforged\n", "backup\tR1"},
		{`env; cat`, "status\t0\n", "", "hunter2"},
		{`:`, "status\t0\nsaid\t\nbackup\tR1-db1-1\n", "", "|"},
	} {
		for what, action := range map[string]string{"backup": "own-backup", "restore": "own-restore"} {
			h := newHost(t)
			h.program("take", c.does)
			h.program("mariadb", "cat >/dev/null")
			params := []string{
				"words=take\n--of\na b\n\n$HOME", "what=" + what, "backup=R1-db1-1", "said=earlier", "run=R1", "server=k1", "attempt=1", "id=mysql:x:kea",
				"engine=mysql", "host=192.0.2.1", "port=3306", "user=kea", "database=kea", "schema=22.2",
			}
			if what == "restore" {
				params = append(params, "client=mariadb", "password=hunter2", "option_password=hunter2", "option_tls=", "ours=1", "allowed=", "look=look")
			}
			status, said := h.runOn("mysql", action, params...)
			if fails := strings.Contains(c.does, "exit 3"); (status != 0) != fails {
				t.Errorf("%s of %q: status %d", what, c.does, status)
			}
			if !strings.Contains(said, c.says) || !strings.Contains(said, strings.Replace(c.want, "=@", "="+what, 1)) || strings.Contains(said, c.lacks) {
				t.Errorf("%s of %q:\n%s", what, c.does, said)
			}
		}
	}
}

// Nothing is put back under somebody's hands.
func TestNothingIsPutBackWhileSomebodyIsThere(t *testing.T) {
	h := newHost(t)
	h.program("take", "echo put back")
	h.program("sleep", ":")
	h.program("mariadb", "cat >/dev/null\necho session 7 of kea@192.0.2.9")
	status, said := h.runOn("mysql", "own-restore", "words=take", "what=restore", "backup=b", "said=", "run=R1", "server=k1", "attempt=1", "id=x", "engine=mysql",
		"host=h", "port=1", "user=kea", "database=kea", "schema=22.2", "client=mariadb", "option_password=p", "option_tls=", "ours=1", "allowed=", "look=look")
	if status == 0 || strings.Contains(said, "put back") || !strings.Contains(said, "session 7 of kea@192.0.2.9") {
		t.Errorf("status %d: %s", status, said)
	}
}
