package host

import (
	"bytes"
	"strings"
	"testing"

	"kea-lockstep/internal/kea"
	"kea-lockstep/internal/world"
	"kea-lockstep/sim/database"
	"kea-lockstep/sim/shell"
)

func newHost(t *testing.T) *Host {
	t.Helper()
	w := world.New(world.Spec{Servers: 1, Databases: 1, Engine: kea.MySQL, From: "2.6.3", To: "3.0.3"})
	h, err := New(t.Context(), "k1", Options{World: w, Database: database.New(w, map[string]string{"kea": "secret"}), Config: "{}"})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// typed runs a script as a login does.
func (h *Host) typed(t *testing.T, script string) (string, int) {
	t.Helper()
	var b bytes.Buffer
	in, feed := shell.Pipe()
	if _, err := feed.Writer().Write([]byte(script)); err != nil {
		t.Fatal(err)
	}
	feed.Close()
	out := shell.To(&b)
	status := h.Session(t.Context(), in, out, out.Share())
	return b.String(), status
}

func TestPrograms(t *testing.T) {
	h := newHost(t)
	for script, want := range map[string]string{
		"printf 'b\\na\\nb\\n' | sort -u":                                        "a\nb\n",
		"printf 'x\\ty\\n' | cut -f 2":                                           "y\n",
		"printf 'a b\\n' | cut -d ' ' -f 1":                                      "a\n",
		"printf '1\\n2\\n3\\n' | tail -n 2 | head -n 1":                          "2\n",
		"printf 'abcd' | tail -c +3":                                             "cd",
		"printf 'abcd' | head -c 2 | wc -c":                                      "2\n",
		"printf 'a | b\\n' | sed 's/ *| */\t/g; s/^ *//'":                        "a\tb\n",
		"printf 'x 1\\ny 2\\n' | sed '/^x /d'":                                   "y 2\n",
		"printf '  \"driver\": \"me\",\\nno\\n' | sed -n 's/^  \"driver\": //p'": "\"me\",\n",
		"printf '/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`b`*/ /*!50003 TRIGGER\\n' | sed -e 's,^\\(/\\*![0-9]* CREATE\\*/ \\)/\\*![0-9]* DEFINER=[^*]*\\*/,\\1,'": "/*!50003 CREATE*/  /*!50003 TRIGGER\n",
		"printf 'a.b\\naxb\\n' | grep -aF 'a.b'":                                            "a.b\n",
		"printf 'one\\ntwo\\n' | grep -aE 'o$|^x'":                                          "two\n",
		"printf 'a\\tb\\n' | awk -F '\\t' -v w=b '$2 == w { print $1 }'":                    "a\n",
		"printf 'x' | gzip -1 | gzip -d":                                                    "x",
		"printf 'x' >/tmp/x; chmod 0640 /tmp/x; base64 -w 0 /tmp/x":                         "eA==",
		"printf 'x' | sha256sum | cut -d ' ' -f 1":                                          "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881\n",
		"mkdir -p /tmp/d/e; printf x >/tmp/d/e/f; find /tmp/d -type f -exec sha256sum {} +": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881  /tmp/d/e/f\n",
		"kea-dhcp4 -v": "2.6.3\n",
		"systemctl show --property=Id,ActiveState,UnitFileState kea-dhcp4-server.service": "Id=kea-dhcp4-server.service\nActiveState=active\nUnitFileState=enabled\n",
		"dpkg-query -W -f '${Package} ${Version} ${db:Status-Status}\\n' kea-admin":       "kea-admin 2.6.3-1 installed\n",
	} {
		if out, status := h.typed(t, script+"\n"); out != want || status != 0 {
			t.Errorf("%s\nprinted %q, status %d; not %q", script, out, status, want)
		}
	}
}

// What the simulator does not know fails, and says so.
func TestUnknownUsesFail(t *testing.T) {
	h := newHost(t)
	for _, script := range []string{
		"sed -i s/a/b/ /etc/x", "grep -r x /", "awk", "cut -c 1", "systemctl isolate rescue.target", "dpkg --purge kea-admin", "apt-get update",
		"kea-admin db-init mysql", "kea-dhcp4 -c /etc/kea/kea-dhcp4.conf", "ss -l", "ip route", "stat -f /", "date", "head x", "tar x",
		"systemd-run --scope true", "journalctl -f", "find / -delete", "df", "wc -m", "tr a-z A-Z", "mktemp a b", "kill 1", "frobnicate",
	} {
		if out, status := h.typed(t, script+"\n"); status == 0 || !strings.Contains(out, "the simulator") {
			t.Errorf("%s: printed %q, status %d", script, out, status)
		}
	}
}

// A job outlives the connection that started it, and its lock is held until it ends.
func TestJobsOutliveTheirSession(t *testing.T) {
	h := newHost(t)
	if err := h.disk.Write("/tmp/j/runner", "exec 6>>/tmp/j/alive\nflock -s 6\n: >/tmp/j/started\nsleep 0.2\necho done >/tmp/j/status\n", 0o600); err != nil {
		t.Fatal(err)
	}
	start := "systemd-run --quiet --collect --unit=kea-lockstep-x /bin/sh /tmp/j/runner\nuntil [ -e /tmp/j/started ]; do sleep 0.01; done\n"
	if out, status := h.typed(t, start); status != 0 || out != "" {
		t.Fatalf("%q, status %d", out, status)
	}
	look := "systemctl is-active kea-lockstep-x.service\nexec 8</tmp/j/alive\nflock -n 8 || echo held\nflock -w 10 8\ncat /tmp/j/status\n"
	if out, status := h.typed(t, look); status != 0 || out != "active\nheld\ndone\n" {
		t.Errorf("%q, status %d", out, status)
	}
}
