package playbooks

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sourced is a host where Kea is built from source: its trees, and the prefix, a link to one of them.
type sourced struct {
	host
	book Playbook
}

// newSourced has trees of Kea 2.6.3 and 3.0.3, and runs the first.
func newSourced(t *testing.T) sourced {
	t.Helper()
	s := sourced{host: newHost(t)}
	s.program("ldconfig", ":")
	for _, version := range []string{"2.6.3", "3.0.3"} {
		s.tree("kea-"+version, version)
	}
	s.link("kea-2.6.3")
	s.book = load(t, written(t, t.TempDir(), "name: mine\nextends: source\nprefix: "+s.path("opt/kea")+"\ntrees: [\""+s.path("opt/kea-*")+"\"]\n", ""))
	s.write("state/lock", "")
	return s
}

// tree makes a directory with a Kea whose programs say a version.
func (s sourced) tree(name, version string) {
	s.t.Helper()
	for _, program := range []string{"kea-dhcp4", "kea-dhcp6", "kea-admin"} {
		s.program("../opt/"+name+"/sbin/"+program, "echo "+version)
	}
	s.write("opt/"+name+"/share/kea/scripts/mysql/upgrade_022_to_023.sh", "")
}

func (s sourced) link(to string) {
	s.t.Helper()
	_ = os.Remove(s.path("opt/kea"))
	if err := os.Symlink(to, s.path("opt/kea")); err != nil {
		s.t.Fatal(err)
	}
}

func (s sourced) linked() string {
	s.t.Helper()
	to, err := os.Readlink(s.path("opt/kea"))
	if err != nil {
		s.t.Fatal(err)
	}
	return to
}

func (s sourced) act(action string, params ...string) (int, string) {
	s.t.Helper()
	return s.shell(script(s.t, s.book, action, ""), append(params, "prefix="+s.book.Prefix, "trees="+strings.Join(s.book.Trees, " "),
		"units="+s.book.Table(), "scripts="+s.book.Scripts, "hooks="+strings.Join(s.book.Hooks, " "), "fence=")...)
}

// TestTheSourcePlaybookHasToBeNamed: whether a server's Kea is from source is not told by its system, and where it lies is not known.
func TestTheSourcePlaybookHasToBeNamed(t *testing.T) {
	p, err := Load("source")
	if err != nil || len(p.OS) > 0 {
		t.Fatalf("%v %v", p.OS, err)
	}
	s := newSourced(t)
	for _, has := range []string{s.book.Units[0].Program, s.book.Units[0].Config, s.book.Scripts, s.book.Hooks[0]} {
		if !strings.HasPrefix(has, s.path("opt/kea")+"/") {
			t.Errorf("%s is not under the prefix", has)
		}
	}
	if p.Units[0].Program != "/usr/local/sbin/kea-dhcp4" || strings.Contains(p.Table()+p.Scripts+strings.Join(p.Hooks, ""), "{") {
		t.Errorf("%s %s %v", p.Table(), p.Scripts, p.Hooks)
	}
}

// TestATreeStandsForAPackage: what is installed, what can be had and what lies ready are the versions that programs say.
func TestATreeStandsForAPackage(t *testing.T) {
	s := newSourced(t)
	s.tree("kea-unfinished", "3.1.1")
	if err := os.RemoveAll(s.path("opt/kea-unfinished/share")); err != nil {
		t.Fatal(err)
	}
	s.write("opt/kea-notes/README", "")
	status, said := s.act("software")
	want := "@packages\nkea\t2.6.3\tkea\tii \n@interrupted\n@fetched\nkea=2.6.3\nkea=3.0.3\n@end\n"
	if status != 0 || !strings.HasPrefix(said, "@binary\n2.6.3\n@scripts\nmysql\tupgrade_022_to_023.sh\n") || !strings.HasSuffix(said, want) {
		t.Errorf("%d\n%s", status, said)
	}
	text := script(t, s.book, "server", "")
	part := "set -eu\n" + strings.ReplaceAll(text[strings.Index(text, "# Who else may start Kea there"):], " /etc/", " "+s.path("etc")+"/")
	s.write("etc/rc.local", "#!/bin/sh\n/opt/kea/sbin/keactrl -c /opt/kea/keactrl.conf start\n")
	s.write("etc/cron.d/was", "# @reboot root keactrl start\n")
	s.write("etc/systemd/system/kea.service", "[Service]\nExecStart=/opt/kea/sbin/keactrl start\nExecStop=/opt/kea/sbin/keactrl stop\n")
	status, said = s.shell(part, "trees="+strings.Join(s.book.Trees, " "))
	if want := s.path("etc/rc.local") + "\n" + s.path("etc/systemd/system/kea.service") + "\n@available\nkea\t2.6.3\t" + s.path("opt/kea-2.6.3") + "\nkea\t3.0.3\t" + s.path("opt/kea-3.0.3") + "\n@holds\n@locked\n@updates\n@end\n"; status != 0 || said != want {
		t.Errorf("%d\n%s\nwant\n%s", status, said, want)
	}
	s.write("state/installing", "the installation of Kea 3.0.3\n")
	if _, said := s.act("software"); !strings.Contains(said, "@interrupted\nthe installation of Kea 3.0.3\n@fetched") {
		t.Error(said)
	}
}

// TestATreeIsLookedAtBeforeTheStop: it is there, once, its daemons start, and there is a way to install it.
func TestATreeIsLookedAtBeforeTheStop(t *testing.T) {
	s := newSourced(t)
	if status, said := s.act("simulate", "wanted=kea=3.0.3"); status != 0 || said != "Inst kea (3.0.3 from "+s.path("opt/kea-3.0.3")+")\n" {
		t.Errorf("%d %s", status, said)
	}
	if status, said := s.act("prefetch", "on=kea=3.0.3", "back=kea=2.6.3"); status != 0 || !strings.Contains(said, "kea=2.6.3: "+s.path("opt/kea-2.6.3")) {
		t.Errorf("%d %s", status, said)
	}
	for _, c := range []struct {
		name, says string
		does       func(s sourced)
	}{
		{"no such tree", "no tree has Kea 3.0.3", func(s sourced) { s.tree("kea-3.0.3", "3.0.2") }},
		{"two", "opt/kea-3.0.3-again\n", func(s sourced) { s.tree("kea-3.0.3-again", "3.0.3") }},
		{"a daemon that does not start", "libkea.so: no such file", func(s sourced) {
			s.program("../opt/kea-3.0.3/sbin/kea-dhcp6", "echo libkea.so: no such file; exit 127")
		}},
		{"a daemon that is gone", "sbin/kea-dhcp6", func(s sourced) { _ = os.Remove(s.path("opt/kea-3.0.3/sbin/kea-dhcp6")) }},
		{"no link", "is no symbolic link", func(s sourced) {
			_ = os.Remove(s.path("opt/kea"))
			s.tree("kea", "2.6.3")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSourced(t)
			c.does(s)
			if status, said := s.act("simulate", "wanted=kea=3.0.3"); status != 1 || !strings.Contains(said, c.says) {
				t.Errorf("%d %s", status, said)
			}
		})
	}
}

// TestATreeIsInstalledAtOnce: the link is another, as it was written, again and back; what was cut off leaves its mark until it is done.
func TestATreeIsInstalledAtOnce(t *testing.T) {
	s := newSourced(t)
	install := func(version, to string) {
		t.Helper()
		for range 2 {
			if status, said := s.act("install", "check=kea "+version); status != 0 || s.linked() != to || s.read("state/installing") != "" {
				t.Errorf("%d %s: %s", status, said, s.linked())
			}
		}
	}
	install("3.0.3", "kea-3.0.3")
	s.write("opt/kea.kea-lockstep", "of one that was cut off")
	install("2.6.3", "kea-2.6.3")
	s.link(s.path("opt/kea-2.6.3"))
	install("3.0.3", s.path("opt/kea-3.0.3"))
	install("2.6.3", s.path("opt/kea-2.6.3"))
	s.program("ldconfig", "exit 1")
	if status, _ := s.act("install", "check=kea 3.0.3"); status == 0 || !strings.Contains(s.read("state/installing"), "Kea 3.0.3") {
		t.Errorf("%d: what was cut off leaves %q", status, s.read("state/installing"))
	}
	s.program("ldconfig", ":")
	s.program("../opt/kea-3.0.3/sbin/kea-dhcp6", `case $0 in *kea-3.0.3*) echo 3.0.3 ;; *) echo other libraries; exit 1 ;; esac`)
	if status, said := s.act("install", "check=kea 3.0.3"); status != 1 || !strings.Contains(said, "kea-dhcp6 is not Kea 3.0.3: other libraries") || s.read("state/installing") == "" {
		t.Errorf("%d %s", status, said)
	}
	install("2.6.3", s.path("opt/kea-2.6.3"))
	fenced := script(t, s.book, "install", "")
	if status, _ := s.shell(fenced, "check=kea 3.0.3", "fence=kea-lockstep-no-such.service", "prefix="+s.book.Prefix, "trees="+strings.Join(s.book.Trees, " ")); status != 1 || s.linked() != s.path("opt/kea-2.6.3") {
		t.Errorf("%d: without a fence it is %s", status, s.linked())
	}
}

// TestARehearsalShowsTheTree where it would be installed, and what is removed with the room is the way there alone.
func TestARehearsalShowsTheTree(t *testing.T) {
	s := newSourced(t)
	for range 2 {
		if status, said := s.act("unpack", "run="+aRehearsal, "on=kea=3.0.3"); status != 0 {
			t.Fatalf("%d %s", status, said)
		}
	}
	if to, err := os.Readlink(filepath.Join(s.path("state/runs"), aRehearsal, "root"+s.path("opt/kea"))); err != nil || to != s.path("opt/kea-3.0.3") {
		t.Errorf("%s %v", to, err)
	}
}

// TestAnInstallOfOnesOwn holds the documents' example: a directory becomes what a tree is, both ways and again, and keeps its configuration.
func TestAnInstallOfOnesOwn(t *testing.T) {
	s := newSourced(t)
	if err := os.Remove(s.path("opt/kea")); err != nil {
		t.Fatal(err)
	}
	s.book = load(t, "../docs/playbook/source.yaml")
	s.book.Prefix, s.book.Trees = s.path("opt/kea"), []string{s.path("opt/kea-*")}
	s.write("opt/kea/etc/kea/kea-dhcp4.conf", "ours")
	s.write("opt/kea-3.0.3/etc/kea/kea-dhcp4.conf", "the release's")
	s.write("opt/kea-3.0.3/share/kea/scripts/mysql/upgrade_029_to_030.sh", "")
	s.write("opt/kea-3.0.3/lib/kea/hooks/libdhcp_mysql.so", "")
	for _, version := range []string{"2.6.3", "3.0.3", "2.6.3"} {
		for range 2 {
			if status, said := s.act("simulate", "wanted=kea="+version); status != 0 {
				t.Errorf("%d %s", status, said)
			}
			if status, said := s.act("install", "check=kea "+version); status != 0 {
				t.Errorf("%d %s", status, said)
			}
			for _, file := range []string{"share/kea/scripts/mysql/upgrade_029_to_030.sh", "lib/kea/hooks/libdhcp_mysql.so"} {
				if _, err := os.Stat(s.path("opt/kea/" + file)); (err == nil) != (version == "3.0.3") {
					t.Errorf("at %s: %s: %v", version, file, err)
				}
			}
			if s.read("opt/kea/etc/kea/kea-dhcp4.conf") != "ours" || s.read("state/installing") != "" {
				t.Errorf("at %s: another configuration, or it is not done", version)
			}
		}
	}
}
