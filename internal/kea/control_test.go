package kea

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestRequests(t *testing.T) {
	for want, r := range map[string]Request{
		`{"command":"version-get"}`:                                                      {Command: "version-get"},
		`{"command":"status-get","service":["dhcp4"]}`:                                   {Command: "status-get", Service: []string{"dhcp4"}},
		`{"command":"dhcp-disable","arguments":{"max-period":20,"origin":"ha-partner"}}`: {Command: "dhcp-disable", Arguments: map[string]any{"max-period": 20, "origin": "ha-partner"}},
	} {
		if got, err := r.Encode(); err != nil || string(got) != want {
			t.Errorf("%s, %v; want %s", got, err, want)
		}
	}
}

func TestAnswersInEveryShape(t *testing.T) {
	for _, tc := range []struct {
		text   string
		result Result
		says   string
	}{
		{`{ "result": 0, "text": "ok" }`, Success, "ok"},
		{"[ { \"result\": 0, \"text\": \"ok\" } ]\n", Success, "ok"},
		{`{"result": 403, "text": "Forbidden"}`, 403, "Forbidden"},
		{`[{"result": 2, "text": "'x' command not supported."}]`, Unsupported, "'x' command not supported."},
		{`{"result":3,"text":"0 leases"}`, Empty, "0 leases"},
	} {
		a, err := ParseAnswer([]byte(tc.text))
		if err != nil || a.Result != tc.result || a.Text != tc.says {
			t.Errorf("%s read as %+v, %v", tc.text, a, err)
		}
		if ok := tc.result == Success || tc.result == Empty; (a.Err() == nil) != ok {
			t.Errorf("%s: error %v", tc.text, a.Err())
		}
	}
	a, _ := ParseAnswer([]byte(`{"result": 401, "text": "Unauthorized"}`))
	var refused *CommandError
	if !errors.As(a.Err(), &refused) || !refused.Denied() {
		t.Errorf("401 gives %v", a.Err())
	}
}

func TestWhatIsNoAnswer(t *testing.T) {
	for _, text := range []string{"", " ", "{", "[]", "[{},{}]", `[{"result":0},{"result":0}]`, "{}", `{"result":"0"}`, "null", "[null]", "<html>", `{"result":0}{"result":0}`,
		`{"result":0,"arguments":{"Dhcp4":{"lease-database":{"password":"hunter2`} {
		a, err := ParseAnswer([]byte(text))
		if err == nil {
			t.Errorf("%q read as %+v", text, a)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error shows a secret: %v", err)
		}
	}
}

// Extended versions as the releases print them.
const (
	v220 = "2.2.0\ntarball\nlinked with:\nlog4cplus 2.0.8\nOpenSSL 3.0.17 1 Jul 2025\ndatabase:\nMySQL backend 14.0, library 3.3.14\nPostgreSQL backend 13.0, library 150013\nMemfile backend 2.1"
	v263 = "2.6.3 (tarball)\npremium: no\nlinked with:\n- log4cplus 2.1.2\n- OpenSSL 3.5.1 1 Jul 2025\nbackends:\n- MySQL backend 22.2, library 3.4.9\n- PostgreSQL backend 22.2, library 170005\n- Memfile backend 3.0\n"
	v303 = "3.0.3 (3.0.3 (tarball))\npremium: no\nlinked with:\n- log4cplus 2.1.2\n- OpenSSL 3.5.1\nlease backends:\n- Memfile backend 3.0\n- MySQL backend 30.0, library 3.4.9\nhost backends:\n- MySQL backend 30.0, library 3.4.9\nforensic backends:\n- PostgreSQL backend 29.0, library 170005"
)

func TestVersionsOfBinaries(t *testing.T) {
	for _, tc := range []struct{ output, version, mysql, postgresql string }{
		{"3.0.3\n", "3.0.3", "", ""},
		{v220, "2.2.0", "14.0", "13.0"},
		{v263, "2.6.3", "22.2", "22.2"},
		{v303, "3.0.3", "30.0", "29.0"},
		{"3.0.3 (3.0.3)\npremium: no\nlease backends:\n- Memfile backend 3.0\n", "3.0.3", "", ""},
		{"locale: warning\n2.6.3\n", "2.6.3", "", ""},
	} {
		s, err := ParseVersionOutput(tc.output)
		if err != nil || s.Version.String() != tc.version {
			t.Errorf("%q read as %v, %v", tc.output, s, err)
		}
		for e, want := range map[Engine]string{MySQL: tc.mysql, PostgreSQL: tc.postgresql} {
			got, ok := s.Expects(e)
			if ok != (want != "") || ok && got.String() != want {
				t.Errorf("%s expects %s of %s, want %q", s.Version, got, e, want)
			}
		}
	}
	for _, bad := range []string{"", "kea-dhcp4: not found", "2.6.3\n- MySQL backend 22.2, x\n- MySQL backend 30.0, x\n"} {
		if s, err := ParseVersionOutput(bad); err == nil {
			t.Errorf("%q read as %v", bad, s)
		}
	}
}

func TestVersionGet(t *testing.T) {
	extended, _ := json.Marshal(v303)
	a, err := ParseAnswer([]byte(`{ "arguments": { "extended": ` + string(extended) + ` }, "result": 0, "text": "3.0.3" }`))
	if err != nil {
		t.Fatal(err)
	}
	s, err := a.Software()
	if err != nil || s.Version != (Version{3, 0, 3, ""}) || s.Schemas[MySQL] != (Schema{30, 0}) || s.Extended != "3.0.3 (tarball)" {
		t.Errorf("read as %+v, %v", s, err)
	}
	if _, err := (Answer{Result: Unsupported, Text: "no"}).Software(); err == nil {
		t.Error("a failed version-get gives a version")
	}
	if _, err := (Answer{Text: "hello"}).Software(); err == nil {
		t.Error("hello is no version")
	}
}

func TestStatusGet(t *testing.T) {
	a, err := ParseAnswer([]byte(`[{"result":0,"arguments":{"pid":1234,"uptime":3024,"reload":60,
	  "multi-threading-enabled":true,"thread-pool-size":4,"packet-queue-statistics":[1.2,2.3,3.4],
	  "sockets":{"status":"failed","errors":["failed to open socket on eth1"]},
	  "dhcp-state":{"disabled-by-db-connection":[3],"disabled-by-local-command":[],"disabled-by-remote-command":[],"disabled-by-user":false,"globally-disabled":true},
	  "high-availability":[{"ha-mode":"load-balancing","ha-servers":{
	    "local":{"role":"primary","scopes":["k1"],"server-name":"k1","state":"waiting","system-time":null},
	    "remote":{"age":7,"in-touch":true,"role":"secondary","last-scopes":["k2"],"last-state":"partner-down","server-name":"k2","communication-interrupted":true,"clock-skew":null}}}]}}]`))
	if err != nil {
		t.Fatal(err)
	}
	s, err := a.Status()
	if err != nil {
		t.Fatal(err)
	}
	if s.PID != 1234 || s.Uptime != 3024*time.Second || s.Reload != time.Minute || s.Sockets.Status != "failed" || len(s.Sockets.Errors) != 1 {
		t.Errorf("read as %+v", s)
	}
	if s.DHCP == nil || !s.DHCP.Disabled() || !slices.Equal(s.DHCP.DisabledByDBConnection, []int{3}) {
		t.Errorf("DHCP state read as %+v", s.DHCP)
	}
	ha := s.HA[0]
	if ha.Local.State != "waiting" || !ha.HasRemote || ha.Remote.State != "partner-down" || !ha.Remote.CommunicationInterrupted || ha.Remote.Age != 7*time.Second {
		t.Errorf("HA read as %+v", ha)
	}

	old, err := Answer{Arguments: json.RawMessage(`{"pid":7,"uptime":1,"reload":1}`)}.Status()
	if err != nil || old.Sockets != nil || old.DHCP != nil {
		t.Errorf("an old release's status read as %+v, %v", old, err)
	}
	for _, bad := range []string{`{}`, `[]`, `null`, `{"pid":0}`} {
		if s, err := (Answer{Arguments: json.RawMessage(bad)}).Status(); err == nil {
			t.Errorf("%s read as %+v", bad, s)
		}
	}
}

func TestDHCPIsDisabledByAnyone(t *testing.T) {
	if (DHCPState{}).Disabled() {
		t.Error("nobody disabled it")
	}
	for _, s := range []DHCPState{{GloballyDisabled: true}, {DisabledByUser: true}, {DisabledByDBConnection: []int{3}}, {DisabledByLocalCommand: []int{1}}, {DisabledByRemoteCommand: []int{2}}} {
		if !s.Disabled() {
			t.Errorf("%+v is disabled", s)
		}
	}
}

func TestListCommands(t *testing.T) {
	a, _ := ParseAnswer([]byte(`{"result":0,"arguments":["build-report","version-get"]}`))
	if names, err := a.Commands(); err != nil || !slices.Contains(names, "version-get") {
		t.Errorf("%v, %v", names, err)
	}
}

// FuzzParseAnswer: nothing that comes over a socket makes the readers panic.
func FuzzParseAnswer(f *testing.F) {
	extended, _ := json.Marshal(v263)
	for _, s := range []string{`{"result":0,"text":"3.0.3","arguments":{"extended":` + string(extended) + `}}`, `[{"result":0,"arguments":{"pid":1,"uptime":9223372036854775807,"high-availability":[{"ha-servers":{"remote":null}}]}}]`, `{"result":401}`, `{"result":0,"text":"0.0.0"}`, `[`, `{"result":0,"arguments":["a"]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := ParseAnswer(text)
		if err != nil {
			return
		}
		a.Commands()
		if s, err := a.Software(); err == nil && s.Version.IsZero() {
			t.Fatalf("an unknown version was read from %s", text)
		}
		if s, err := a.Status(); err == nil && (s.PID <= 0 || s.Uptime < 0 || s.Reload < 0) {
			t.Fatalf("status %+v read from %s", s, text)
		}
	})
}
