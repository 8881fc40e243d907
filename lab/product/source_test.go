//go:build lab

package product_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kea-lockstep/lab"
	"kea-lockstep/lab/labtest"
)

// copies makes /opt/kea no link but a directory, which the documents' example of a playbook puts trees into.
func copies(s *struck) {
	for _, file := range []string{"source.yaml", "own-install.sh"} {
		text, err := os.ReadFile(filepath.Join("../../docs/playbook", file))
		s.no(err)
		said := strings.NewReplacer("prefix: /usr/local", "prefix: /opt/kea", "/srv/kea/*/usr/local", "/opt/kea-*").Replace(string(text))
		s.no(os.WriteFile(filepath.Join(s.fleet.Dir, file), []byte(said), 0o600))
	}
	for _, server := range s.fleet.Servers {
		s.must(server.Name, "systemctl stop kea-dhcp4; rm /opt/kea; cp -a /opt/kea-2.6.3 /opt/kea; ldconfig; systemctl start kea-dhcp4")
		s.no(s.fleet.AwaitKea(s.Context(), server.Name, time.Minute))
	}
}

// release is the one that k1 has.
func release(s *struck) string { return strings.TrimSpace(s.must("k1", "/opt/kea/sbin/kea-dhcp4 -v")) }

// copiedAs is copied, of that release.
func copiedAs(s *struck) { copied(release(s))(s) }

// copied wants what lies there to be all of a release, and nothing else.
func copied(version string) func(*struck) {
	return func(s *struck) {
		for _, server := range s.fleet.Servers {
			if differs := s.must(server.Name, "for part in sbin share lib/kea; do diff -rq /opt/kea-"+version+"/$part /opt/kea/$part; done; true"); differs != "" {
				s.Errorf("%s: %s", server.Name, differs)
			}
		}
	}
}

// TestKeaFromSource upgrades servers without a package of Kea: trees under a prefix, a link to one of them, and a unit of the
// administrator's own where no mask can be. No start and no boot gets past the fence, and on the way back the link is what it was.
func TestKeaFromSource(t *testing.T) {
	spec := spec()
	spec.Origin, spec.Disk = lab.Source, ownDisk
	links := func(to string) func(*struck) {
		return func(s *struck) {
			for _, server := range s.fleet.Servers {
				if got := strings.TrimSpace(s.must(server.Name, "readlink /opt/kea; ls /var/lib/kea-lockstep/installing 2>/dev/null || true")); got != to {
					s.Errorf("%s: /opt/kea is %q", server.Name, got)
				}
			}
		}
	}
	forward, back := links("kea-3.0.3"), links("kea-2.6.3")
	linked := func(s *struck) { links("kea-" + release(s))(s) }
	started := func(s *struck) {
		s.must("k2", "for verb in start restart reload-or-restart; do systemctl $verb kea-dhcp4; done; ! pidof kea-dhcp4")
		if said := strings.TrimSpace(s.must("k2", "systemctl show -P ConditionResult kea-dhcp4")); said != "no" {
			s.Errorf("the condition of the fence says %q", said)
		}
	}
	// slowly makes the first installation on k1 stop where it comes to a program.
	slowly := func(program string) func(*struck) {
		return func(s *struck) {
			s.must("k1", `at=/usr/local/sbin/`+filepath.Base(program)+`
				printf '#!/bin/sh\nif ! [ -e /var/slow ]; then : >/var/slow; sleep 60; fi\nexec `+program+` "$@"\n' >$at
				chmod 755 $at`)
		}
	}
	slow := slowly("/usr/sbin/ldconfig") // the link is another, and nothing else is done
	installing := func(strike func(*struck)) func(*struck) { return upon("k1", "[ -e /var/slow ]", strike) }
	killed := func(s *struck) { s.must("k1", "systemctl kill --signal=KILL 'kea-lockstep-*install-k1*'") }
	anew := func(s *struck) {
		forward(s)
		s.must("k1", "ls -d /var/lib/kea-lockstep/runs/*/jobs/install-k1/1.2")
	}
	faultsOn(t, spec, []fault{
		{name: "nothing goes wrong", often: true, codes: []int{0}, last: forward},
		{name: "a unit is started behind its fence", often: true, at: begins("install-k1"), strike: started, codes: []int{0}, last: forward},
		{name: "the installation is killed", often: true, given: slow, at: begins("install-k1"), strike: installing(killed), codes: []int{0},
			again: []string{"k1"}, last: anew},
		{name: "k1 loses power in the installation", often: true, given: slow, at: begins("install-k1"), strike: installing(off("k1", 3*time.Second, stopped)),
			codes: []int{0}, again: []string{"k1"}, last: anew},
		{name: "k1's disk is full to the last byte before its installation ends", given: slow, at: begins("install-k1"), strike: installing(leaves(0, "k1")),
			codes: []int{4, 7}, says: []string{"k1"}, mend: frees("k1"), on: []way{resume(0, 7)}, again: []string{"k1"}, last: linked},
		{name: "k2 rebooted in the migration", often: true, at: begins("migrate-k1-db1"), strike: migrating(rebooted("k2", stopped)), codes: []int{0, 5},
			on: []way{resume()}, last: forward},
		{name: "back from the confirmation", often: true, at: begins("confirm-k1"), strike: signals(os.Interrupt), codes: []int{5},
			mend: wantsTheWord, on: []way{typedRollback()}, last: func(s *struck) { kept(s); back(s) }, blind: true},
		{name: "back from a migration that was killed", at: begins("migrate-k1-db1"), strike: migrating(killMigration), codes: []int{5},
			on: []way{rollback()}, last: back, blind: true},
		{name: "back from the confirmation, by an install of the administrator's own", often: true, given: copies, at: begins("confirm-k1"),
			strike: signals(os.Interrupt), codes: []int{5}, on: []way{typedRollback()}, last: copied("2.6.3"), blind: true},
		{name: "an install of the administrator's own is killed", often: true, given: func(s *struck) { copies(s); slowly("/usr/bin/cp")(s) },
			at: begins("install-k1"), strike: installing(killed), codes: []int{0}, again: []string{"k1"}, last: copied("3.0.3")},
		{name: "k1's disk is full in an install of the administrator's own", given: copies, at: begins("install-k1"), strike: noRoom("k1"),
			codes: []int{4, 7}, says: []string{"k1"}, mend: frees("k1"), on: []way{resume(0, 7)}, again: []string{"k1"}, last: copiedAs},
		{name: "k3's disk is full in an install of the administrator's own", given: copies, at: begins("install-k3"), strike: noRoom("k3"),
			codes: []int{5}, says: []string{"k3", "k2  Kea 3.0.3, serves"}, mend: frees("k3"), on: []way{resume()}, again: []string{"k3"}, last: copied("3.0.3")},
	})
}

// TestKeaFromSourceHasToBeSaid: without its playbook, and where keactrl or whoever else started Kea by no unit, nothing is begun.
func TestKeaFromSourceHasToBeSaid(t *testing.T) {
	f := labtest.Up(t, lab.Spec{Servers: 2, Origin: lab.Source})
	p := tool(t, f)
	named, err := os.ReadFile(f.FleetFile())
	if err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(f.FleetFile(), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(strings.ReplaceAll(string(named), "    playbook: ./source.yaml\n", ""))
	if out := run(t, p, 3, "plan", "--to", f.Target); !out.Says("its Kea version cannot be read") || !out.Says("name its playbook where it was built from source") {
		t.Errorf("without a playbook:\n%s", out)
	}
	write(string(named))
	// As keactrl does: in the background, of nobody's unit.
	labtest.Must(t, f, "k2", `systemctl disable --now kea-dhcp4
		install -d -m 0750 -o _kea -g _kea /run/kea /run/lock/kea
		KEA_PIDFILE_DIR=/run/kea KEA_LOCKFILE_DIR=/run/lock/kea setsid /opt/kea/sbin/kea-dhcp4 -c /etc/kea/kea-dhcp4.conf >/dev/null 2>&1 </dev/null &
		printf '#!/bin/sh\n/opt/kea/sbin/keactrl start\n' >/etc/rc.local`)
	if err := f.AwaitKea(t.Context(), "k2", time.Minute); err != nil {
		t.Fatal(err)
	}
	if out := run(t, p, 3, "plan", "--to", f.Target); !out.Says("was started by hand: /opt/kea/sbin/kea-dhcp4 -c") || !out.Says("/etc/rc.local manages this server too") {
		t.Errorf("without a unit:\n%s", out)
	}
}
