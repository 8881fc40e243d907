package kea

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// standIn leads the database kea to a scratch database, and no other.
func standIn(ref DatabaseRef) (StandIn, bool) {
	return StandIn{Name: "kea_lockstep_x", User: `ad"min`, Password: "s3"}, ref.Name == "kea"
}

func TestAConfigurationIsMovedAside(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
		untested         []string
	}{
		{"a database and a control socket",
			`{"Dhcp4": { "control-socket": { "socket-type": "unix", "socket-name": "x" }, "lease-database": { "type": "mysql", "name": "kea", "user": "u", "password": "p" } }}`,
			`{"Dhcp4": { "lease-database": { "type": "mysql", "name": "kea_lockstep_x", "user": "ad\"min", "password": "s3" } }}`,
			[]string{"the control sockets"}},
		{"a line stays a line",
			"{\"Dhcp4\": {\n  \"lease-database\": { \"type\": \"mysql\",\n    \"name\": \"kea\" },\n  \"control-sockets\": [\n    { \"socket-type\": \"http\" }\n  ]\n}}",
			"{\"Dhcp4\": {\n  \"lease-database\": { \"user\": \"ad\\\"min\", \"password\": \"s3\", \"type\": \"mysql\",\n    \"name\": \"kea_lockstep_x\" }\n\n\n\n}}",
			[]string{"the control sockets"}},
		{"the hook of High Availability is the first, and a password lies in a file",
			`{"Dhcp4": { "hooks-libraries": [ { "library": "/x/libdhcp_ha.so", "parameters": { "high-availability": [] } }, { "library": "a.so" } ], "lease-database": { "type": "mysql", "name": "kea", "user": "u", "password-file": "f" } }}`,
			`{"Dhcp4": { "hooks-libraries": [ { "library": "a.so" } ], "lease-database": { "password": "s3", "type": "mysql", "name": "kea_lockstep_x", "user": "ad\"min" } }}`,
			[]string{"the hook libdhcp_ha.so, which would listen"}},
		{"leases in a file, where nothing says so", `{"Dhcp4": { "valid-lifetime": 60 }}`,
			`{"Dhcp4": { "lease-database": { "type": "memfile", "persist": false }, "valid-lifetime": 60 }}`, []string{"the lease file"}},
		{"and where there is a control socket first", `{"Dhcp4": { "control-socket": {}, "valid-lifetime": 60 }}`,
			`{"Dhcp4": { "lease-database": { "type": "memfile", "persist": false }, "valid-lifetime": 60 }}`, []string{"the control sockets", "the lease file"}},
		{"databases that nobody stands in for",
			`{"Dhcp6": { "lease-database": { "type": "mysql", "name": "b" }, "hosts-databases": [ { "type": "mysql", "name": "b" }, { "type": "mysql", "name": "kea" } ], "config-control": { "config-databases": [ { "type": "mysql", "name": "b" } ] } }}`,
			`{"Dhcp6": { "lease-database": { "type": "memfile", "persist": false }, "hosts-databases": [ { "user": "ad\"min", "password": "s3", "readonly": true, "type": "mysql", "name": "kea_lockstep_x" } ], "config-control": { "config-databases": [  ] } }}`,
			[]string{"the lease database", "the database of reservations", "the configuration backend"}},
		{"every one of several entries goes",
			`{"Dhcp4": { "lease-database": { "type": "memfile" }, "hosts-databases": [ { "type": "mysql", "name": "b" }, { "type": "mysql", "name": "c" } ] }}`,
			`{"Dhcp4": { "lease-database": { "type": "memfile", "persist": false }, "hosts-databases": [  ] }}`,
			[]string{"the lease file", "the database of reservations"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			aside, err := MoveAside("kea.conf", []byte(c.text), nil, standIn)
			if err != nil || len(aside.Edits) != 1 {
				t.Fatalf("%v %v", aside, err)
			}
			if got := string(aside.Edits[0].New); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if !slices.Equal(aside.Untested, c.untested) {
				t.Errorf("untested: %q", aside.Untested)
			}
		})
	}
}

// What stands aside is a configuration, opens nothing of its own and names no database but a stand-in, whatever it was made of.
func TestWhatStandsAsideNamesNoOtherDatabase(t *testing.T) {
	files, err := filepath.Glob("testdata/configs/*.conf")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no configurations to try: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			include := func(name string) ([]byte, error) {
				return os.ReadFile(filepath.Join("testdata", "configs", filepath.Base(name)))
			}
			if before, err := ReadConfig(file, text, include); err != nil || !before.Daemon.UsesDatabase() {
				return // of no use to a test of it
			}
			aside, err := MoveAside(file, text, include, func(ref DatabaseRef) (StandIn, bool) {
				return StandIn{Name: "kea_lockstep_x", User: "a", Password: "b"}, ref.Name != "other"
			})
			if err != nil {
				t.Fatal(err)
			}
			edited := func(name string, old []byte) []byte {
				i := slices.IndexFunc(aside.Edits, func(e Edit) bool { return filepath.Base(e.File) == filepath.Base(name) })
				if i < 0 {
					return old
				}
				if n, o := strings.Count(string(aside.Edits[i].New), "\n"), strings.Count(string(old), "\n"); n != o {
					t.Errorf("%s has %d lines, and had %d", name, n, o)
				}
				return aside.Edits[i].New
			}
			after, err := ReadConfig(file, edited(file, text), func(name string) ([]byte, error) {
				old, err := include(name)
				return edited(name, old), err
			})
			if err != nil {
				t.Fatalf("%v\n%s", err, edited(file, text))
			}
			if len(after.Sockets) > 0 || len(after.HA) > 0 || after.LeaseFile != nil && after.LeaseFile.Persist {
				t.Errorf("it opens %v %v %v", after.Sockets, after.HA, after.LeaseFile)
			}
			for _, ref := range after.Databases {
				if ref.Name != "kea_lockstep_x" || ref.ReadOnly != slices.Contains(ref.Uses, Hosts) {
					t.Errorf("it names %s, read-only: %t", ref, ref.ReadOnly)
				}
			}
		})
	}
}
