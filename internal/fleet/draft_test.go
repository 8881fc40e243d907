package fleet

import (
	"strings"
	"testing"
)

func TestNamesAreMadeOfHosts(t *testing.T) {
	for hosts, want := range map[string]string{
		"k1 root@k2 op@k3.example.net:2222": "k1 k2 k3",
		"192.0.2.11 root@192.0.2.12:22":     "192.0.2.11 192.0.2.12",
		"[2001:db8::1]:22 root@2001:db8::2": "2001-db8--1 2001-db8--2",
		"a.west.example a.east.example b":   "a.west.example a.east.example b",
		"root@h:2201 root@h:2202 x":         "h-2201 h-2202 x",
		"root@h op@h":                       "root-h op-h",
		"a.b a-b a_b":                       "a a-b a_b",
		"h-2 h root@h":                      "h-2 h root-h",
		"ssh://root@k1:22/ k%1":             "k1 k-1",
		"käse 例 %":                          "k-se server server-2",
		"[::1]:22 [fe80::1%eth0]:22":        "1 fe80--1-eth0",
	} {
		f, err := Draft("/x/fleet.yaml", strings.Fields(hosts), "")
		if err != nil {
			t.Errorf("%s: %v", hosts, err)
			continue
		}
		var names []string
		for i, s := range f.Servers {
			names = append(names, s.Name)
			if s.SSH != strings.Fields(hosts)[i] {
				t.Errorf("%s: %s is reached as %s", hosts, s.Name, s.SSH)
			}
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: got %s, want %s", hosts, got, want)
		}
	}
}

func TestHostsThatAreNone(t *testing.T) {
	for _, hosts := range [][]string{{"-oProxyCommand=x"}, {""}, {"a b"}, {"a\tb"}, {"root@"}, {"@k1"}, {"root@-x"}, {"k1:"}, {"k1:x"}, {"k1:0"}, {"k1:70000"}, {"a\x00"},
		{"a\u0085"}, {"\xff"}, {"a/b"}, {"[::1"}, {"k1", "k1"}, {}} {
		if f, err := Draft("/x/fleet.yaml", hosts, ""); err == nil {
			t.Errorf("%q: taken as %+v", hosts, f.Servers)
		}
	}
}

// Whatever is taken as hosts makes a fleet that a fleet file could name.
func FuzzDraft(f *testing.F) {
	f.Add("k1 root@k2:22 [2001:db8::1]:22")
	f.Add("a a.b x@a %%% -")
	f.Fuzz(func(t *testing.T, typed string) {
		hosts := strings.Split(typed, " ")
		file, err := Draft("/x/fleet.yaml", hosts, "")
		if err == nil && len(file.Servers) != len(hosts) {
			t.Errorf("%q: %+v", hosts, file.Servers)
		}
	})
}
