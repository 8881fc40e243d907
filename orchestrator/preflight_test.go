package orchestrator_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/internal/world"
	"kea-lockstep/orchestrator"
)

// wrong is a healthy fleet with one thing wrong.
type wrong struct {
	code   string
	does   func(f *fleet.Facts, o *orchestrator.Options)
	says   []string // the message names who and what was seen
	warns  bool
	accept orchestrator.Risk // that takes the refusal away
	also   []string          // what cannot but go with it
}

func k2(do func(s *fleet.Server)) func(*fleet.Facts, *orchestrator.Options) {
	return func(f *fleet.Facts, _ *orchestrator.Options) { do(&f.Servers[1]) }
}

func db(do func(d *fleet.Database)) func(*fleet.Facts, *orchestrator.Options) {
	return func(f *fleet.Facts, _ *orchestrator.Options) { do(&f.Databases[0]) }
}

func wrongServers() []wrong {
	return []wrong{
		{code: "unreachable", does: k2(func(s *fleet.Server) { s.Reach = fleet.Deny("connection timed out") }), says: []string{"k2", "connection timed out"}},
		{code: "unreachable", does: k2(func(s *fleet.Server) { s.Reach = fleet.Doubt("host key changed") }), says: []string{"k2", "host key changed"}},
		{code: "not-root", does: k2(func(s *fleet.Server) { s.Root = fleet.Deny("sudo: a password is required") }), says: []string{"k2", "a password is required"}},
		{code: "platform", does: k2(func(s *fleet.Server) { s.Platform = fleet.Platform{OS: "Plan 9"} }), says: []string{"k2", "Plan 9"}},
		{code: "tool", does: k2(func(s *fleet.Server) { s.Tools["flock"] = fleet.Deny("not found") }), says: []string{"k2", "flock", "not found"}},
		{code: "claimed", does: k2(func(s *fleet.Server) { s.Claim = fleet.Claim{Run: "r7", Epoch: 2, Driver: "ann@bastion"} }), says: []string{"k2", "r7", "ann@bastion"}},
		{code: "package-lock", does: k2(func(s *fleet.Server) { s.Busy = fleet.Affirm("apt-get (pid 77)") }), says: []string{"k2", "apt-get (pid 77)"}},
		{code: "disk", does: k2(func(s *fleet.Server) { s.Disk = []fleet.Disk{{Path: "/var", Free: 12 << 20}} }), says: []string{"k2", "12 MB", "/var"}},
		{code: "version", does: k2(func(s *fleet.Server) { s.Software.Kea = kea.Version{} }), says: []string{"k2"}, also: []string{"mismatch", "scripts", "trap-unknown-version"}},
		{code: "downgrade", does: k2(func(s *fleet.Server) { s.Software.Kea = kea.Version{Major: 3, Minor: 1, Patch: 1} }), says: []string{"k2", "3.1.1", "3.0.3"}, also: []string{"mismatch", "scripts"}},
		{code: "broken-packages", does: k2(func(s *fleet.Server) { s.Software.Whole = fleet.Deny("kea-common is half configured") }), says: []string{"k2", "half configured"}},
		{code: "package-missing", does: k2(func(s *fleet.Server) { s.Packages[0].Available = []string{"2.6.3-1"} }), says: []string{"k2", "kea-dhcp4-server", "3.0.3", "2.6.3-1"}},
		{code: "old-package-missing", does: k2(func(s *fleet.Server) { s.Packages[0].Available = []string{"3.0.3-1"} }), says: []string{"k2", "2.6.3-1", "no way back"}},
		{code: "package-missing", does: k2(func(s *fleet.Server) {
			s.Platform.Trees, s.Packages[0].Available = "/opt/kea-*", []string{"2.6.3-1"}
		}), says: []string{"k2", "3.0.3", "put a tree", "/opt/kea-*"}},
		{code: "old-package-missing", does: k2(func(s *fleet.Server) {
			s.Platform.Trees, s.Packages[0].Available = "/opt/kea-*", []string{"3.0.3-1"}
		}), says: []string{"k2", "no way back", "put a tree with 2.6.3-1"}},
		{code: "broken-packages", does: k2(func(s *fleet.Server) {
			s.Platform.Trees, s.Software.Whole = "/opt/kea-*", fleet.Deny("Kea 3.0.3 was cut off")
		}), says: []string{"k2", "cut off", "install one of the trees by hand"}},
		{code: "held", does: k2(func(s *fleet.Server) { s.Holds = []string{"kea-common"} }), says: []string{"k2", "kea-common"}},
		{code: "own-unit", does: k2(func(s *fleet.Server) { s.Units[0].Own = true }), says: []string{"k2", "kea-dhcp4-server.service", "cannot be masked"}},
		{code: "fenced", does: k2(func(s *fleet.Server) { s.Units[0].Fence = "r7" }), says: []string{"k2", "r7", "kea-dhcp4-server.service"}},
		{code: "by-hand", does: k2(func(s *fleet.Server) { s.Processes[0].Unit, s.Processes[0].Command = "", "/opt/kea-dhcp4 -c x" }), says: []string{"k2", "/opt/kea-dhcp4 -c x"}},
		{code: "kea-admin", does: k2(func(s *fleet.Server) { s.Admins = []fleet.Admin{{PID: 4711, Command: "db-upgrade"}} }), says: []string{"k2", "db-upgrade", "4711"}},
		{code: "database-tls", does: k2(func(s *fleet.Server) {
			s.Configs[0].Parsed.Databases = append(s.Configs[0].Parsed.Databases, kea.DatabaseRef{
				Engine: kea.PostgreSQL, TLS: kea.TLS{TrustAnchor: "/etc/ca.pem"}, At: kea.Position{File: "k2.conf", Line: 7, Column: 3},
			})
		}), says: []string{"k2", "k2.conf:7:3", "does not start with TLS"}},
		{code: "configuration", does: k2(func(s *fleet.Server) { s.Configs[0].Problem = "kea-dhcp4.conf:3:7: no value" }), says: []string{"k2", "kea-dhcp4.conf:3:7"}},
		{code: "staged", does: k2(func(s *fleet.Server) {
			s.Configs[0].Staged = &fleet.Config{Path: "k2.conf", Problem: "k2.conf:1:1: no object"}
		}), says: []string{"k2", "k2.conf:1:1"}},
		{code: "break", does: k2(func(s *fleet.Server) { s.Software.HooksDir = "" }), says: []string{"k2", "kea-dhcp4.conf", "cannot be edited"}},
		{code: "break", does: k2(func(s *fleet.Server) { s.Configs[0].Staged = reread(s.Configs[0].Text) }), says: []string{"k2", "k2.conf", "hook library"}, also: []string{"staged-database"}},
		{code: "staged-database", does: func(f *fleet.Facts, _ *orchestrator.Options) { stage(f, "another", false) }, says: []string{"k2", "k2.conf", "another"}},
		{code: "staged-empty", does: func(f *fleet.Facts, _ *orchestrator.Options) { stage(f, "another", true) }, says: []string{"k2", "another", "no leases"}, also: []string{"staged-database"}},
		{code: "service", does: k2(func(s *fleet.Server) { s.Service[0].Problem = "it is in another network namespace" }), says: []string{"k2", "another network namespace"}},
		{code: "network", does: k2(func(s *fleet.Server) {
			s.Configs[0].Network = "/run/netns/dhcp"
			s.Configs[0].Parsed.Databases = append(s.Configs[0].Parsed.Databases, kea.DatabaseRef{Engine: kea.MySQL, Host: "127.0.0.1", Name: "kea"})
		}), says: []string{"k2", "127.0.0.1:3306/kea", "/run/netns/dhcp"}},
		{code: "network", does: func(f *fleet.Facts, _ *orchestrator.Options) {
			f.Servers[1].Configs[0].Network = "/run/netns/dhcp"
			f.Databases[0].Clients.Sessions = slices.DeleteFunc(f.Databases[0].Clients.Sessions, func(s fleet.Session) bool { return s.Server == "k2" })
		}, says: []string{"k2", "/run/netns/dhcp", "no session"}},
		{code: "daemon-gone", does: k2(losesAgent), says: []string{"k2", "no kea-ctrl-agent of Kea 3.0.3", "2.6.3-1", "kea-ctrl-agent.service is active and enabled", "unix /run/kea/kea4 of kea-dhcp4, http 127.0.0.1:8000 of kea-dhcp4"}},
		{code: "daemon-gone", warns: true, does: func(f *fleet.Facts, o *orchestrator.Options) {
			losesAgent(&f.Servers[1])
			o.Without = []kea.DaemonKind{kea.CtrlAgent}
		}, says: []string{"k2", "kea-ctrl-agent 2.6.3-1 is removed", "unix /run/kea/kea4 of kea-dhcp4"}},
		{code: "daemon-gone", warns: true, does: k2(func(s *fleet.Server) {
			losesAgent(s)
			s.Units[len(s.Units)-1].Active, s.Units[len(s.Units)-1].Enabled = "inactive", "disabled"
		}), says: []string{"k2", "kea-ctrl-agent 2.6.3-1 is removed"}},
		{code: "clock", warns: true, does: k2(func(s *fleet.Server) { s.Clock = new(-2 * time.Hour) }), says: []string{"k2", "2h"}},
		{code: "manager", warns: true, does: k2(func(s *fleet.Server) { s.Managers = []string{"puppet"} }), says: []string{"k2", "puppet"}},
		{code: "not-running", warns: true, does: k2(func(s *fleet.Server) {
			s.Units[0].Active, s.Units[0].PID, s.Processes, s.Service = "inactive", 0, nil, nil
		}), says: []string{"k2"}},
	}
}

// losesAgent gives a server a control agent that runs, whose package can be had of today's release alone.
func losesAgent(s *fleet.Server) {
	s.Packages = append(s.Packages, fleet.Package{Name: "kea-ctrl-agent", Installed: "2.6.3-1", Available: []string{"2.6.3-1"}})
	s.Configs[0].Parsed.Sockets = []kea.ControlSocket{{Type: "unix", Path: "/run/kea/kea4"}, {Type: "http", Address: "127.0.0.1", Port: 8000}}
	s.Units = append(s.Units, fleet.Unit{Name: "kea-ctrl-agent.service", Daemon: kea.CtrlAgent, Present: true, Active: "active", Enabled: "enabled"})
}

func wrongDatabases() []wrong {
	return []wrong{
		{code: "database", does: db(func(d *fleet.Database) { d.Reach = fleet.Deny("access denied for user kea") }), says: []string{"kea1", "access denied", "k1"}},
		{code: "empty", does: db(func(d *fleet.Database) { d.Empty = true }), says: []string{"kea1"}},
		{code: "replica", does: db(func(d *fleet.Database) { d.Primary = fleet.Deny("read_only is ON") }), says: []string{"kea1", "read_only is ON"}},
		{code: "identity", does: db(func(d *fleet.Database) { d.Same = fleet.Deny("the lock is not there") }), says: []string{"kea1", "do not all mean one", "the lock is not there"}},
		{code: "identity", does: db(func(d *fleet.Database) { d.Same = fleet.Doubt("connection reset") }), says: []string{"kea1", "cannot be told", "connection reset"}},
		{code: "drift", does: db(func(d *fleet.Database) { d.Structure = fleet.Deny("table lease4 lacks pool_id") }), says: []string{"kea1", "lease4 lacks pool_id", "22.2"}},
		{code: "extra", warns: true, does: db(func(d *fleet.Database) { d.More = []string{"table site_notes", "index lease4.mine"} }), says: []string{"kea1", "2 objects", "table site_notes"}},
		{code: "timezone", warns: true, does: k2(func(s *fleet.Server) { s.Zone = "+0200" }), says: []string{"kea1", "k2 is +0200", "zone is +0000"}},
		{code: "no-reference", does: db(func(d *fleet.Database) { d.Known = []kea.Schema{d.Schema} }), says: []string{"kea1", "22.2", "30.0"}},
		{code: "structure", does: db(func(d *fleet.Database) { d.Structure = fleet.Doubt("3 objects cannot be read") }), says: []string{"kea1", "3 objects"}},
		{code: "privilege", does: db(func(d *fleet.Database) {
			d.Lacks = []fleet.Lack{{What: "kea may not create triggers", Statement: "GRANT TRIGGER ON kea.* TO kea"}}
		}), says: []string{"kea1", "triggers"}},
		{code: "unproved-backup", does: db(func(d *fleet.Database) {
			for i := range d.Endpoints {
				d.Endpoints[i].Scratch = fleet.Deny("CREATE denied")
			}
		}), says: []string{"kea1", "CREATE denied"}, accept: orchestrator.UnprovedBackup},
		{code: "backup-room", does: db(func(d *fleet.Database) { d.Bytes = 40 << 30 }), says: []string{"kea1", "10240 MB", "40960 MB"}},
		{code: "no-backup", does: func(_ *fleet.Facts, o *orchestrator.Options) { o.Backup = "none" }, says: []string{"kea1", "no way back"}, accept: orchestrator.NoBackup},
		{code: "copy", warns: true, does: func(f *fleet.Facts, o *orchestrator.Options) {
			o.Backup, f.Databases[0].Bytes = "copy", 700<<20
		}, says: []string{"kea1", "lost where that is", "701 MB"}},
		{code: "copy-scratch", does: func(f *fleet.Facts, o *orchestrator.Options) {
			o.Backup, o.Accept = "copy", []orchestrator.Risk{orchestrator.UnprovedBackup} // no risk to be accepted
			for i := range f.Databases[0].Endpoints {
				f.Databases[0].Endpoints[i].Scratch = fleet.Deny("CREATE denied")
			}
		}, says: []string{"kea1", "CREATE denied"}},
		{code: "own-command", does: func(f *fleet.Facts, o *orchestrator.Options) {
			o.Backup, o.Command, o.Restore = "command", []string{world.Snapshot}, []string{"/opt/put-back"}
			o.Accept = []orchestrator.Risk{orchestrator.UnprovedBackup}
			f.Servers[0].Tools["/opt/put-back"], f.Servers[2].Tools["/opt/put-back"] = fleet.Affirm("there"), fleet.Affirm("there")
			f.Servers[1].Tools["/opt/put-back"] = fleet.Deny("it is not in the search path")
		}, says: []string{"kea1", "/opt/put-back", "k2"}},
		{code: "own-command", does: func(f *fleet.Facts, o *orchestrator.Options) {
			o.Backup, o.Command, o.Restore = "command", []string{"/opt/unlooked"}, []string{world.Snapshot}
			o.Accept = []orchestrator.Risk{orchestrator.UnprovedBackup}
		}, says: []string{"kea1", "/opt/unlooked", "k1"}},
		{code: "unproved-backup", warns: true, does: func(_ *fleet.Facts, o *orchestrator.Options) {
			o.Backup, o.Command, o.Restore = "command", []string{world.Snapshot}, []string{world.Snapshot}
		}, says: []string{"kea1", "--yes", "unproved-backup"}, accept: orchestrator.UnprovedBackup},
		{code: "mismatch", does: db(func(d *fleet.Database) { d.Schema = kea.Schema{Major: 22} }), says: []string{"kea1", "22.0", "22.2"}},
		{code: "newer-schema", does: db(func(d *fleet.Database) { d.Schema = kea.Schema{Major: 40} }), says: []string{"kea1", "40.0", "30.0"}, also: []string{"mismatch"}},
		{code: "scripts", does: k2(func(s *fleet.Server) { s.Software.Scripts[kea.MySQL] = kea.Schema{Major: 30} }), says: []string{"kea1", "k2", "30.0", "22.2"}},
		{code: "unprovable-sessions", does: db(func(d *fleet.Database) { d.Clients.Visible = fleet.Doubt("no PROCESS privilege") }), says: []string{"kea1", "PROCESS"}, accept: orchestrator.UnprovableSessions},
		{code: "stranger", does: session(fleet.OwnerStranger), says: []string{"kea1", "stork@192.0.2.9", "session 99"}},
		{code: "stranger", does: session(fleet.OwnerUnknown), says: []string{"kea1", "stork@192.0.2.9"}},
		{code: "stranger", does: session(fleet.OwnerOther), says: []string{"kea1", "stork@192.0.2.9"}},
		{code: "allowed", warns: true, does: func(f *fleet.Facts, o *orchestrator.Options) {
			session(fleet.OwnerStranger)(f, o)
			o.Allow = []string{"stork@192.0.2.9"}
		}, says: []string{"kea1", "stork@192.0.2.9"}, accept: orchestrator.AllowedWriters},
		{code: "lock", warns: true, does: db(func(d *fleet.Database) { d.Lockable = fleet.Deny("wsrep_on") }), says: []string{"kea1", "wsrep_on"}},
		{code: "canary-unknown", does: func(_ *fleet.Facts, o *orchestrator.Options) { o.Canary = []string{"k2", "k9"} }, says: []string{"k9"}},
		{code: "canary-twice", does: func(_ *fleet.Facts, o *orchestrator.Options) { o.Canary = []string{"k2", "k3"} }, says: []string{"k2", "k3"}},
		{code: "no-server", does: func(f *fleet.Facts, _ *orchestrator.Options) { *f = fleet.Facts{} }},
	}
}

func session(owner fleet.Owner) func(*fleet.Facts, *orchestrator.Options) {
	return db(func(d *fleet.Database) {
		d.Clients.Sessions = append(slices.Clone(d.Clients.Sessions), fleet.Session{ID: "99", User: "stork", Address: "192.0.2.9", Owner: owner})
	})
}

// reread is a text as a staged configuration that names nothing the survey has looked at.
func reread(text []byte) *fleet.Config {
	parsed, err := kea.ReadConfig("k2.conf", text, nil)
	if err != nil {
		panic(err)
	}
	return &fleet.Config{Daemon: kea.DHCP4, Path: "k2.conf", Text: text, Parsed: parsed, Digest: orchestrator.Digest(text)}
}

// stage gives k2 a staged configuration that names today's database and another one, which may be empty.
func stage(f *fleet.Facts, other string, empty bool) {
	s := &f.Servers[1]
	text, _, err := kea.AddDatabaseHook(s.Configs[0].Text, []kea.Engine{kea.MySQL}, s.Software.HooksDir)
	if err != nil {
		panic(err)
	}
	s.Configs[0].Staged = reread(text)
	today := f.Databases[0]
	at, _ := today.PlaceFrom("k2")
	today.Endpoints = []fleet.Endpoint{{Place: at, Daemon: kea.DHCP4}}
	at.Name = other
	c := s.Configs[0].Staged
	c.Parsed.Databases = append(slices.Clone(c.Parsed.Databases), kea.DatabaseRef{Engine: at.Engine, Host: at.Host, Port: at.Port, Name: at.Name, User: at.User})
	f.Staged = []fleet.Database{today, {ID: "other", Name: other, Reach: fleet.Affirm("answers"), Empty: empty, Endpoints: []fleet.Endpoint{{Place: at, Daemon: kea.DHCP4}}}}
}

func codes(findings []orchestrator.Finding, but ...string) []string {
	var all []string
	for _, f := range findings {
		if !slices.Contains(all, f.Code) && !slices.Contains(but, f.Code) {
			all = append(all, f.Code)
		}
	}
	slices.Sort(all)
	return all
}

// TestADaemonThatEnds goes with its package on the way on, and comes with it on the way back; where its package can be had, it stays.
func TestADaemonThatEnds(t *testing.T) {
	facts, opts := surveyed(t, three()), usual()
	for i := range facts.Servers {
		losesAgent(&facts.Servers[i])
	}
	last := len(facts.Servers[2].Packages) - 1
	facts.Servers[2].Packages[last].Available = []string{"2.6.3-1", "3.0.3-1"}
	opts.Without = []kea.DaemonKind{kea.CtrlAgent}
	p := orchestrator.Make(facts, version(t, "3.0.3"), opts)
	if len(p.Refusals) > 0 {
		t.Fatalf("%+v", p.Refusals)
	}
	for i, s := range p.Groups[0].Servers {
		want := orchestrator.PackageMove{Name: "kea-ctrl-agent", From: "2.6.3-1", Gone: i < 2}
		if i == 2 {
			want.To = "3.0.3-1"
		}
		if got := s.Packages[len(s.Packages)-1]; got != want {
			t.Errorf("%s: %+v, want %+v", s.Name, got, want)
		}
		if u := s.Units[len(s.Units)-1]; u.Gone != (i < 2) || !u.Ran || s.Units[0].Gone {
			t.Errorf("%s: %+v", s.Name, s.Units)
		}
	}
}

func TestHealthyFleetIsNotRefused(t *testing.T) {
	p := orchestrator.Make(surveyed(t, three()), version(t, "3.0.3"), usual())
	if len(p.Refusals) > 0 || p.Checks == 0 {
		t.Errorf("%d checks, refused: %+v", p.Checks, p.Refusals)
	}
}

func TestPreflight(t *testing.T) {
	for _, w := range append(wrongServers(), wrongDatabases()...) {
		t.Run(w.code, func(t *testing.T) {
			facts, opts := surveyed(t, three()), usual()
			usually := codes(orchestrator.Make(facts, version(t, "3.0.3"), opts).Warnings)
			w.does(&facts, &opts)
			p := orchestrator.Make(facts, version(t, "3.0.3"), opts)
			found, other := p.Refusals, codes(p.Warnings, usually...)
			if w.warns {
				found, other = p.Warnings, codes(p.Refusals)
			}
			if got := codes(found, append(usually, w.also...)...); !slices.Equal(got, []string{w.code}) || len(other) > 0 {
				t.Fatalf("found %v and %v, want %s\n%+v", got, other, w.code, found)
			}
			worded(t, w, found)
			if w.accept == "" {
				return
			}
			opts.Accept = []orchestrator.Risk{w.accept}
			accepted := orchestrator.Make(facts, version(t, "3.0.3"), opts)
			if got := codes(append(accepted.Refusals, accepted.Warnings...), usually...); len(got) > 0 {
				t.Errorf("with %s accepted: %v", w.accept, got)
			}
			if accepted.Hash == p.Hash {
				t.Errorf("that %s is accepted is not in the hash", w.accept)
			}
		})
	}
}

// worded: some finding of the code says who and what was seen, and every one what to do.
func worded(t *testing.T, w wrong, found []orchestrator.Finding) {
	t.Helper()
	told := false
	for _, f := range found {
		if f.Code != w.code {
			continue
		}
		if f.Next == "" && !w.warns {
			t.Errorf("nothing is said to do: %+v", f)
		}
		all := !slices.ContainsFunc(w.says, func(part string) bool { return !strings.Contains(f.Message+" "+f.Next, part) })
		named := f.Server != "" || f.Database != "" || w.code == "no-server"
		told = told || all && named
	}
	if !told {
		t.Errorf("none of %+v says %q", found, w.says)
	}
}

// TestNoRiskTakesAwayWhatCannotBeAccepted: with every risk accepted, everything but what the risks are about is refused still.
func TestNoRiskTakesAwayWhatCannotBeAccepted(t *testing.T) {
	for _, w := range append(wrongServers(), wrongDatabases()...) {
		if w.warns || w.accept != "" {
			continue
		}
		facts, opts := surveyed(t, three()), usual()
		w.does(&facts, &opts)
		opts.Accept = orchestrator.Risks()
		if p := orchestrator.Make(facts, version(t, "3.0.3"), opts); !slices.Contains(codes(p.Refusals), w.code) {
			t.Errorf("%s can be accepted away", w.code)
		}
	}
}

func TestUnknownTargetIsRefused(t *testing.T) {
	p := orchestrator.Make(surveyed(t, three()), version(t, "9.0.0"), usual())
	if got := codes(p.Refusals); !slices.Contains(got, "unknown-release") {
		t.Errorf("refused for %v", got)
	}
}

// TestCanariesOfSeveralGroups: each group has its own, and a plan of one group knows the others'.
func TestCanariesOfSeveralGroups(t *testing.T) {
	spec, opts := three(), usual()
	spec.Separate = true
	opts.Canary = []string{"k1", "k2", "k3"}
	facts := surveyed(t, spec)
	for _, group := range []string{"", "k2"} {
		opts.Group = group
		if p := orchestrator.Make(facts, version(t, "3.0.3"), opts); len(p.Refusals) > 0 {
			t.Errorf("group %q: %+v", group, p.Refusals)
		}
	}
}

// TestBackupsAreTakenWhereTheyCanBeProved: rather not on the canary, but sooner there than where no account may prove them.
func TestBackupsAreTakenWhereTheyCanBeProved(t *testing.T) {
	for _, test := range []struct {
		canary string
		denied []int // servers
		others []int // servers with accounts of their own
		want   string
		proof  bool
	}{
		{"k1", nil, nil, "k2 k3", true},
		{"k2", nil, nil, "k1 k3", true},
		{"k1", []int{1}, nil, "k3 k1", true},
		{"k3", []int{0, 1}, nil, "k3 k1", true},
		{"k1", []int{0, 1, 2}, nil, "k2 k3", false},
		{"k1", nil, []int{1}, "k3 k1", true},
		{"k1", nil, []int{1, 2}, "k1 k2", true},
		{"k1", []int{0}, []int{1, 2}, "k2 k3", true},
	} {
		facts, opts := surveyed(t, three()), usual()
		opts.Canary = []string{test.canary}
		for _, i := range test.denied {
			facts.Databases[0].Endpoints[i].Scratch = fleet.Deny("kea lacks CREATE")
		}
		for _, i := range test.others {
			facts.Databases[0].Endpoints[i].Account = "kea@k" + string(rune('1'+i))
		}
		p := orchestrator.Make(facts, version(t, "3.0.3"), opts)
		d := p.Groups[0].Databases[0]
		var on []string
		for _, at := range d.Backups {
			on = append(on, at.Server)
		}
		if got := strings.Join(on, " "); got != test.want || d.Proof != test.proof || slices.Contains(codes(p.Refusals), "unproved-backup") == test.proof {
			t.Errorf("canary %s, denied %v: backups on %s, proof %t, refused %v; want %s, %t", test.canary, test.denied, got, d.Proof, codes(p.Refusals), test.want, test.proof)
		}
	}
}

// TestAnotherGroupsTroubleIsItsOwn: a plan of one group is not refused for another.
func TestAnotherGroupsTroubleIsItsOwn(t *testing.T) {
	spec := three()
	spec.Separate = true
	facts, opts := surveyed(t, spec), usual()
	facts.Servers[1].Reach = fleet.Deny("off")
	if p := orchestrator.Make(facts, version(t, "3.0.3"), opts); len(p.Refusals) == 0 {
		t.Error("the whole fleet is not refused")
	}
	opts.Group = "k1"
	if p := orchestrator.Make(facts, version(t, "3.0.3"), opts); len(p.Refusals) > 0 || len(p.Groups) != 1 {
		t.Errorf("%d groups, refused: %+v", len(p.Groups), p.Refusals)
	}
}

// TestAReplicaInAnotherGroupRefuses: what it follows may be this group's database, and then its Kea belongs to this group.
func TestAReplicaInAnotherGroupRefuses(t *testing.T) {
	spec := three()
	spec.Separate = true
	facts, opts := surveyed(t, spec), usual()
	facts.Databases[1].Primary = fleet.Deny("it is a replica")
	opts.Group = "k1"
	if got := codes(orchestrator.Make(facts, version(t, "3.0.3"), opts).Refusals); !slices.Equal(got, []string{"replica"}) {
		t.Errorf("refused: %v", got)
	}
}
