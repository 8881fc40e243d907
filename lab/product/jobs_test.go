//go:build lab

package product_test

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kea-lockstep/lab"
	"kea-lockstep/lab/labtest"
	"kea-lockstep/lab/witness"
)

var (
	startedUnit = regexp.MustCompile(`^Started (kea-lockstep[^ ]*\.service)`)
	// jobUnit takes the name of a job's unit apart: its run, its step, and its attempt, with the turn of one that was lost and done anew.
	jobUnit = regexp.MustCompile(`^kea-lockstep-([0-9]{8}T[0-9]{6}Z-[a-z0-9]+)-(.+)-([0-9]+(?:\.[0-9]+)?)\.service$`)
)

// testUnit begins the names of the units in which a configuration is tested. A test is no job: it changes nothing, and a drive that
// takes over from one that died in a test does it again.
const testUnit = "kea-lockstep-test-"

// rehearsalUnit begins those of a rehearsal, which is no run.
const rehearsalUnit = "kea-lockstep-rehearsal-"

// job is one that systemd started.
type job struct{ unit, run, step string }

// startedIn reads out of a server's journal which jobs systemd started there, and what looks like one and is not.
func startedIn(journal string) (jobs []job, odd []string) {
	for line := range strings.Lines(journal) {
		m := startedUnit.FindStringSubmatch(line)
		if m == nil || strings.HasPrefix(m[1], testUnit) || strings.HasPrefix(m[1], rehearsalUnit) {
			continue
		}
		parts := jobUnit.FindStringSubmatch(m[1])
		if parts == nil {
			odd = append(odd, m[1])
			continue
		}
		jobs = append(jobs, job{unit: m[1], run: parts[1], step: parts[2]})
	}
	return jobs, odd
}

// startedJobs prints what systemd wrote. Where there is none, nobody but the jobs themselves tells that they were started.
const startedJobs = `
if [ ! -d /run/openrc ]; then
	journalctl --no-pager --output=cat
else
	for started in /var/lib/kea-lockstep/runs/*/jobs/*/*/started; do
		[ ! -e "$started" ] || echo "Started $(cat "${started%/*}/unit").service"
	done
fi`

// started gives the jobs that were started on a server, in each of its boots.
func started(t *testing.T, f *lab.Fleet, server string) []job {
	t.Helper()
	jobs, odd := startedIn(labtest.Must(t, f, server, startedJobs))
	for _, unit := range odd {
		t.Errorf("%s: %s is the unit of no job that is known: the journal is read wrongly", server, unit)
	}
	return jobs
}

// repeated lists the units that came when there was one already that is the same by some measure.
func repeated(jobs []job, same func(a, b job) bool) []string {
	var again []string
	for i, one := range jobs {
		if slices.ContainsFunc(jobs[:i], func(earlier job) bool { return same(earlier, one) }) {
			again = append(again, one.unit)
		}
	}
	return again
}

func sameUnit(a, b job) bool { return a.unit == b.unit }
func sameStep(a, b job) bool { return a.run == b.run && a.step == b.step }

// noRepeat wants that jobs were started on a server, and none that is the same as an earlier one by some measure.
func noRepeat(t *testing.T, f *lab.Fleet, server string, same func(a, b job) bool, says string) {
	t.Helper()
	jobs := started(t, f, server)
	for _, unit := range repeated(jobs, same) {
		t.Errorf("%s: %s %s", server, unit, says)
	}
	if len(jobs) == 0 {
		t.Errorf("%s: no job was started at all: the journal is read wrongly", server)
	}
}

// begunOnce wants that a server was given each step of a run as a job once: another attempt is as much a repeat as the same one.
//
// Where nothing but the driver died there is no exception. A job outlives its driver, a step that was in flight keeps the number of
// its attempt, and so the next drive finds the job by its key. A dump or a proof that is done is done again only where the database
// was written to since.
func begunOnce(t *testing.T, f *lab.Fleet, server string) {
	t.Helper()
	noRepeat(t, f, server, sameStep, "is not the first job of its step")
	upgradedOnce(t, f, server)
}

// startedOnce wants, whatever the fault was, that systemd started no job twice under one key, and that dpkg upgraded Kea once. A job that failed or was lost may be done anew, under another key, and so may
// a dump and its proof by whoever takes a run over from its markers.
func startedOnce(t *testing.T, f *lab.Fleet, server string) {
	t.Helper()
	noRepeat(t, f, server, sameUnit, "was started twice")
	upgradedOnce(t, f, server)
}

// migratedOnce wants that no migration of a database was begun again after one that ended well, on whichever server. kea-admin's word for that is the
// schema that it reports at its end: it exits with 0 over scripts that failed.
func migratedOnce(t *testing.T, f *lab.Fleet) {
	t.Helper()
	well := map[string][]string{} // by the label of the database, as in migrate-k1-db1
	for _, s := range f.Servers {
		for _, m := range migrations(t, f, s.Name) {
			target := func(e lab.Engine) bool { return strings.HasSuffix(m, " "+witness.Expects(e, f.Target)) }
			if strings.Contains(m, " kind done exit 0 ") && slices.ContainsFunc(f.Engines(), target) {
				dir, _, _ := strings.Cut(m, " ")
				step := path.Base(path.Dir(dir))
				label := step[strings.LastIndex(step, "-")+1:]
				well[label] = append(well[label], s.Name+": "+m)
			}
		}
	}
	for label, all := range well {
		if len(all) > 1 {
			t.Errorf("more than one migration of %s ended well: %q", label, all)
		}
	}
}

// upgradedOnce wants that dpkg upgraded Kea once.
func upgradedOnce(t *testing.T, f *lab.Fleet, server string) {
	t.Helper()
	upgrades := labtest.Must(t, f, server, `if command -v apk >/dev/null; then
	apk info -v | grep -c '^kea-dhcp4-3' # it has no log
elif command -v rpm >/dev/null; then
	rpm -q isc-kea-dhcp4 >/dev/null && echo 1 # its log does not tell of each
elif [ -e /opt/kea ]; then
	ls -d /var/lib/kea-lockstep/runs/*/jobs/install-*/* | wc -l # of no package
else
	grep -cE ' upgrade (kea-dhcp4-server|isc-kea-dhcp4):' /var/log/dpkg.log || true
fi`)
	if strings.TrimSpace(upgrades) != "1" {
		t.Errorf("%s: dpkg upgraded Kea %s times", server, strings.TrimSpace(upgrades))
	}
}

// begunMigrations prints the record of each migration that was begun, of any run, with how it ended where it has, and the schema that kea-admin
// reported then.
const begunMigrations = `
for dir in /var/lib/kea-lockstep/runs/*/jobs/migrate-*/*; do
	[ ! -e "$dir/started" ] || echo "$dir $(cat "$dir/status" 2>/dev/null | tr '\n' ' ') $(sed -n 's/.*reported after upgrade: //p' "$dir/output" 2>/dev/null | tail -n 1)"
done`

// migrations lists the migrations that were begun on a server, by their own records there.
func migrations(t *testing.T, f *lab.Fleet, server string) []string {
	t.Helper()
	out := strings.TrimRight(labtest.Must(t, f, server, begunMigrations), "\n")
	if out == "" {
		return nil
	}
	return strings.Split(out, "\n")
}

// migrated wants that so many migrations were begun on all servers together: by the records of the jobs, and by what systemd says
// that it started. Neither rests on the other.
func migrated(t *testing.T, f *lab.Fleet, times int) {
	t.Helper()
	var records, units []string
	for _, s := range f.Servers {
		records = append(records, migrations(t, f, s.Name)...)
		for _, one := range started(t, f, s.Name) {
			if strings.HasPrefix(one.step, "migrate-") {
				units = append(units, one.unit)
			}
		}
	}
	if len(records) != times || len(units) != times {
		t.Errorf("%d migrations were to be begun; records: %q, units: %q", times, records, units)
	}
}

// TestRepeatsAreSeen: another attempt at a step, another turn and the same unit again are repeats; another step, another run and a
// test are none.
func TestRepeatsAreSeen(t *testing.T) {
	const run = "kea-lockstep-20261122T020311Z-7q2d-"
	jobs, odd := startedIn(strings.Join([]string{
		"Started ssh.service - OpenBSD Secure Shell server.",
		"Started " + run + "install-k1-1.service - install.",
		"Started " + run + "install-k2-1.service - install.",
		"Started kea-lockstep-20261122T030000Z-abcd-install-k1-1.service - install.",
		"Started kea-lockstep-test-kea-dhcp4.service - /usr/sbin/kea-dhcp4 -t.",
		"Started kea-lockstep-test-kea-dhcp4.service - /usr/sbin/kea-dhcp4 -t.",
		"Started kea-lockstep-rehearsal-20261122T020000Z-abcd-unpack-1.service - unpack.",
		"Started " + run + "install-k1-2.service - install.",
		"Started " + run + "install-k2-1.2.service - install.",
		"Started " + run + "migrate-k1-db1-1.service - migrate.",
		"Started " + run + "migrate-k1-db1-1.service - migrate.",
		"Started kea-lockstep-watch.service - something else.",
		"kea-lockstep-nothing.service: Deactivated successfully.",
	}, "\n"))
	if want := []string{"kea-lockstep-watch.service"}; !slices.Equal(odd, want) {
		t.Errorf("odd units %q, want %q", odd, want)
	}
	want := []string{run + "install-k1-2.service", run + "install-k2-1.2.service", run + "migrate-k1-db1-1.service"}
	if got := repeated(jobs, sameStep); !slices.Equal(got, want) {
		t.Errorf("repeated steps %q, want %q", got, want)
	}
	if got := repeated(jobs, sameUnit); !slices.Equal(got, want[2:]) {
		t.Errorf("repeated units %q, want %q", got, want[2:])
	}
	if step := jobs[len(jobs)-1].step; step != "migrate-k1-db1" {
		t.Errorf("step %q", step)
	}
}
