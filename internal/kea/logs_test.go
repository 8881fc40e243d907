package kea

import (
	"slices"
	"strings"
	"testing"
)

const mismatch30 = "MySQL schema version mismatch: expected version: 22.2, found version: 30.0"

func TestStartedLines(t *testing.T) {
	for line, want := range map[string]string{
		"2026-11-22 02:03:16.123 INFO  [kea-dhcp4.dhcp4/1234.140221] DHCP4_STARTED Kea DHCPv4 server version 3.0.3 started":                       "3.0.3",
		"Nov 22 02:03:16 k1 kea-dhcp6[77]: INFO  [kea-dhcp6.dhcp6.140221] DHCP6_STARTED Kea DHCPv6 server version 2.6.3 started":                  "2.6.3",
		"INFO [kea-dhcp-ddns.dhcpddns/1.2] DHCP_DDNS_STARTED Kea DHCP-DDNS server version 2.2.0 started":                                          "2.2.0",
		"INFO [kea-ctrl-agent.ctrl-agent/1.2] CTRL_AGENT_STARTED Kea Control Agent version 2.2.0 started":                                         "2.2.0",
		"DHCP4_STARTED Kea DHCPv4 server version 2.4.1 started":                                                                                   "2.4.1",
		"2026-11-22 INFO [kea-dhcp4.dhcp4/1.2] DHCP4_STARTING Kea DHCPv4 server version 3.0.3 (stable) starting":                                  "no",
		"INFO [kea-dhcp6.dhcp6/1.2] DHCP6_DB_BACKEND_STARTED lease database started (type: mysql, name: kea)":                                     "no",
		"INFO [kea-dhcp-ddns.d2/1.2] DHCP_DDNS_QUEUE_MGR_STARTED application's queue manager has begun listening for requests.":                   "no",
		"INFO [kea-dhcp4.lease-cmds-hooks/1.2] LEASE_CMDS_INIT_OK we wait until DHCP4_STARTED Kea DHCPv4 server version 3.0.3 started":            "no",
		"k1 systemd[1]: Started kea-dhcp4-server.service - Kea IPv4 DHCP daemon.":                                                                 "no",
		"2026-11-22 02:03:16.123 INFO  [kea-dhcp4.dhcp4/1234.140221] DHCP4_MULTI_THREADING_INFO enabled: yes, number of threads: 4, queue: DHCP4": "no",
	} {
		v, ok := Started(line)
		if ok != (want != "no") || ok && v.String() != want {
			t.Errorf("%s\n gives %s, %t; want %s", line, v, ok, want)
		}
	}
}

func TestFatalLines(t *testing.T) {
	prefix := "2026-11-22 02:03:16.123 ERROR [kea-dhcp4.dhcp4/1234.140221] "
	for line, id := range map[string]string{
		prefix + "DHCP4_INIT_FAIL failed to initialize Kea server: x":                                                       "DHCP4_INIT_FAIL",
		prefix + "DHCP4_CONFIG_LOAD_FAIL configuration error using file: f, reason: Unable to open database: " + mismatch30: "DHCP4_CONFIG_LOAD_FAIL",
		prefix + "DHCP6_DB_RECONNECT_FAILED maximum number":                                                                 "DHCP6_DB_RECONNECT_FAILED",
		prefix + "DHCP4_FATAL_DB_RECONNECT_FAILED maximum number":                                                           "DHCP4_FATAL_DB_RECONNECT_FAILED",
		prefix + "MYSQL_LB_DB_RECONNECT_FAILED maximum number":                                                              "MYSQL_LB_DB_RECONNECT_FAILED",
		prefix + "MYSQL_LB_DB_RECONNECT_ATTEMPT_FAILED database reconnect failed: " + mismatch30:                            "MYSQL_LB_DB_RECONNECT_ATTEMPT_FAILED",
		prefix + "DATABASE_MYSQL_FATAL_ERROR Unrecoverable MySQL error occurred":                                            "DATABASE_MYSQL_FATAL_ERROR",
		prefix + "LEGAL_LOG_LOAD_ERROR LEGAL LOGGING DISABLED!":                                                             "LEGAL_LOG_LOAD_ERROR",
		prefix + "DCTL_CONFIG_FILE_LOAD_FAIL kea-dhcp-ddns reason: x":                                                       "DCTL_CONFIG_FILE_LOAD_FAIL",
		"FATAL [kea-dhcp4.hooks/1.2] SOMETHING_NEW went wrong":                                                              "SOMETHING_NEW",
		"INFO  [kea-dhcp4.database/1.2] DATABASE_MYSQL_INITIALIZE_SCHEMA Initializing the MySQL schema with command: x":     "DATABASE_MYSQL_INITIALIZE_SCHEMA",
		"  " + mismatch30: "",
	} {
		if m, fatal := Fatal(line); !fatal || m.ID != id {
			t.Errorf("%s\n gives %+v, %t", line, m, fatal)
		}
	}
	for _, line := range []string{
		prefix + "MYSQL_LB_DB_RECONNECT_ATTEMPT_FAILED database reconnect failed: Can't connect",
		"INFO [kea-dhcp4.dhcp4/1.2] DHCP4_STARTED Kea DHCPv4 server version 3.0.3 started",
		"WARN [kea-dhcp4.dhcp4/1.2] DHCP4_RESERVATIONS_LOOKUP_FIRST_ENABLED yes", "", "-- Boot 1234 --",
	} {
		if m, fatal := Fatal(line); fatal {
			t.Errorf("%s\n is fatal: %+v", line, m)
		}
	}
}

func TestLogLinesShowNoPassword(t *testing.T) {
	for _, line := range []string{
		"INFO  [kea-dhcp4.database/1.2] DATABASE_MYSQL_INITIALIZE_SCHEMA Initializing the MySQL schema with command: /usr/sbin/kea-admin db-init mysql --name kea --password hunter2 two --user kea.",
		`ERROR [kea-dhcp4.dhcp4/1.2] DHCP4_CONFIG_LOAD_FAIL got { "lease-database": { "password": "hun\"ter2, hunter2", "user": "kea" } }`,
		mismatch30 + ` "password": "hunter2"`,
	} {
		if m, ok := Fatal(line); !ok || strings.Contains(m.Text, "hunter2") || strings.Contains(m.Text, "ter2") {
			t.Errorf("%+v", m)
		}
	}
	m, _ := ParseLogLine("ERROR [kea-dhcp4.dhcp4/12.3] DHCP4_INIT_FAIL Access denied for user 'kea'@'k1' (using password: YES)")
	if m.PID != 12 || m.Logger != "kea-dhcp4.dhcp4" || !strings.HasSuffix(m.Text, "(using password: YES)") {
		t.Errorf("%+v", m)
	}
}

func TestMismatchTexts(t *testing.T) {
	for text, want := range map[string]string{
		"Error encountered: " + mismatch30:                                             "expects MySQL 22.2, found 30.0",
		"PostgreSQL schema version mismatch: need version: 13.0 found version: 12.0":   "expects PostgreSQL 13.0, found 12.0",
		"x MySQL schema version mismatch: need version: 30.0 found version:  22.2 end": "expects MySQL 30.0, found 22.2",
	} {
		if m, ok := FindMismatch(text); !ok || m.String() != want {
			t.Errorf("%s read as %s, %t", text, m, ok)
		}
	}
}

func TestConfigTests(t *testing.T) {
	if r := ParseConfigTest(0, "INFO [kea-dhcp4.hooks/1.2] HOOKS_LIBRARY_LOADED hooks library x successfully loaded\n"); !r.Passed || r.Reason != "" {
		t.Errorf("%+v", r)
	}
	r := ParseConfigTest(1, "INFO [x/1.2] HOOKS_LIBRARY_LOADED a\nError encountered: MySQL schema version mismatch: expected version: 30.0, found version: 22.2\n")
	if r.Passed || r.Mismatch == nil || r.Mismatch.Expected != (Schema{30, 0}) || !strings.HasPrefix(r.Reason, "MySQL schema") {
		t.Errorf("%+v", r)
	}
	r = ParseConfigTest(1, "Error encountered: Unable to open database: The Kea server has not been compiled with support for lease database type: mysql. Did you forget to use -D mysql=enabled during setup or to load libdhcp_mysql hook library?")
	if r.MissingHook != MySQL {
		t.Errorf("%+v", r)
	}
	r = ParseConfigTest(0, "2026-11-22 02:03:16.123 INFO  [kea-dhcp4.database/1.2] DATABASE_MYSQL_INITIALIZE_SCHEMA Initializing the MySQL schema with command: kea-admin db-init mysql --password x\n")
	if r.Passed || !r.Initialized || r.Reason == "" {
		t.Errorf("a test that made a schema must not pass: %+v", r)
	}
	r = ParseConfigTest(1, "2026-11-23 03:45:51.662 ERROR [kea-dhcp4.hooks/17467.1] HOOKS_INCORRECT_VERSION hook library x is at version 20603, require version 30003\n")
	if r.Reason != "HOOKS_INCORRECT_VERSION hook library x is at version 20603, require version 30003" {
		t.Errorf("%+v", r)
	}
	if r := ParseConfigTest(127, "sh: kea-dhcp4: not found\n"); r.Passed || r.Reason != "sh: kea-dhcp4: not found" {
		t.Errorf("%+v", r)
	}
}

func TestNewestSchemaOfScripts(t *testing.T) {
	for _, tc := range []struct {
		names []string
		want  string
	}{
		{[]string{"upgrade_029_to_030.sh", "upgrade_009.6_to_010.0.sh", "dhcpdb_create.mysql", "upgrade_010_to_011.sh"}, "30.0"},
		{[]string{"/usr/share/kea/scripts/mysql/upgrade_021_to_022.sh", "/usr/share/kea/scripts/mysql/upgrade_022.1_to_022.2.sh", "upgrade_022_to_022.1.sh"}, "22.2"},
		{[]string{"upgrade_1.0_to_2.0.sh", "upgrade_099_to_100.sh", "upgrade_100_to_101.sh\n"}, "101.0"},
		{[]string{"wipe_data.sh", "upgrade_029_to_030.sh.bak"}, "unknown"},
		{nil, "unknown"},
	} {
		if got, ok := NewestSchema(tc.names); got.String() != tc.want || ok != (tc.want != "unknown") {
			t.Errorf("%v lead to %s", tc.names, got)
		}
	}
}

func TestAdminVersionOutput(t *testing.T) {
	for output, want := range map[string]string{
		"22.2\n\n": "22.2", "30.0": "30.0",
		"Using the value of KEA_ADMIN_DB_PASSWORD for authentication...\n30.0\n": "30.0",
		"Failed to get schema version, mysql status  1\n":                        "unknown", "": "unknown",
	} {
		if got, ok := ParseAdminVersion(output); got.String() != want || ok != (want != "unknown") {
			t.Errorf("%q read as %s", output, got)
		}
	}
}

func TestFlagOfTheThoroughTest(t *testing.T) {
	for version, want := range map[string]string{"2.2.0": "-t", "2.3.5": "-t", "2.3.6": "-T", "3.0.3": "-T"} {
		v, err := ParseVersion(version)
		if got := TestFlag(v); err != nil || got != want {
			t.Errorf("%s: %s, want %s (%v)", version, got, want, err)
		}
	}
}

func TestErrorsAreToldOnceAndWithoutSecrets(t *testing.T) {
	got := Errors("INFO  [kea-dhcp4.dhcp4/7.1] DHCP4_STARTING x\nERROR [kea-dhcp4.hooks/7.1] FLEX_ID_LOAD_ERROR no expression\n" +
		"ERROR [kea-dhcp4.hooks/7.1] FLEX_ID_LOAD_ERROR no expression\nFATAL [kea-dhcp4.dhcp4/7.1] DHCP4_CONFIG_LOAD_FAIL {\"password\": \"s3\"}\nanything\n")
	want := []string{"FLEX_ID_LOAD_ERROR no expression", `DHCP4_CONFIG_LOAD_FAIL {"password": "[redacted]"}`}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
