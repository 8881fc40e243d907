//go:build lab

package product_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"kea-lockstep/lab"
	"kea-lockstep/lab/product"
)

// small gives the tool a state directory on a disk of its own.
func small(s *struck) {
	s.Helper()
	if err := unix.Mount("state", s.tool.State, "tmpfs", 0, "size=1m,mode=700"); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		if err := unix.Unmount(s.tool.State, unix.MNT_DETACH); err != nil {
			s.Error(err)
		}
	})
}

func (s *struck) filler() string { return filepath.Join(s.tool.State, "filler") }

// fills fills the disk of the state directory.
func fills(s *struck) {
	file, err := os.Create(s.filler())
	s.no(err)
	defer file.Close()
	for {
		if _, err := file.Write(make([]byte, 4096)); err != nil {
			if !errors.Is(err, syscall.ENOSPC) {
				s.Error(err)
			}
			break
		}
	}
}

// TestFaultJournalDisk: what cannot be announced is not done, and once there is room resume ends the run.
func TestFaultJournalDisk(t *testing.T) {
	emptied := func(s *struck) { s.no(os.Remove(s.filler())) }
	says := []string{"no space left on device"}
	var table []fault
	for _, c := range []struct {
		step  string
		codes []int
	}{{"prefetch-k1", []int{1, 130}}, {"fence-k1", []int{4}}, {"install-k1", []int{4}}, {"migrate-k1-db1", []int{5}}, {"start-k1", []int{5}}, {"confirm-k2", []int{5}}} {
		table = append(table, fault{
			name: "in " + c.step, at: begins(c.step), given: small, strike: fills, codes: c.codes, says: says, mend: emptied,
			on: []way{resume()}, often: c.step == "install-k1",
		})
	}
	faults(t, table)
}

// TestFaultJournalDamaged: a torn last line is cut off; anything else stops every drive with a word, and nothing is done, until it is
// set aside and the markers are used instead. What cannot be announced does not begin.
func TestFaultJournalDamaged(t *testing.T) {
	readOnly := func(s *struck) {
		small(s)
		s.no(unix.Mount("", s.tool.State, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
	}
	hourAhead := func(s *struck) {
		name, text := s.journal()
		ahead, err := product.Dated(text, time.Hour)
		s.no(err)
		s.no(os.WriteFile(name, ahead, 0o600))
	}
	flips := func(at func(text []byte) int) func(*struck) {
		return func(s *struck) {
			name, text := s.journal()
			text[at(text)] ^= 1
			s.no(os.WriteFile(name, text, 0o600))
			s.runs(way{args: []string{"resume", "--yes"}, codes: []int{1}, says: []string{name, "damaged", "line", "kea-lockstep resume --from"}})
			s.runs(way{args: []string{"upgrade", "--to", "3.0.3", "--yes"}, codes: []int{6}, says: []string{"damaged", "kea-lockstep resume --from"}})
		}
	}
	byMarkers := way{args: []string{"resume", "--from", "k1", "--yes"}, codes: []int{0}, says: []string{"damaged", "the markers on the servers are used instead", ".damaged"}}
	writable := func(s *struck) { s.no(unix.Mount("", s.tool.State, "", unix.MS_REMOUNT, "size=1m,mode=700")) }
	faults(t, []fault{
		{name: "its directory is read-only", given: readOnly, codes: []int{1}, says: []string{"read-only file system"}, mend: writable,
			on: []way{{args: []string{"upgrade", "--to", "3.0.3", "--yes"}, codes: []int{0}}}},
		{name: "its last line is torn", often: true, at: begins("install-k1"), strike: killsDriver, codes: []int{-1}, mend: func(s *struck) {
			name, text := s.journal()
			s.no(os.WriteFile(name, append(text, []byte(`{"seq":999,"time":"2026-`)...), 0o600))
		}, on: []way{resume()}},
		{name: "its clock is set an hour back before resume", at: begins("install-k1"), strike: killsDriver, codes: []int{-1}, mend: hourAhead, on: []way{resume()}},
		{name: "its clock is set an hour back before resume, in the migration", at: begins("migrate-k1-db1"), strike: migrating(killsDriver), codes: []int{-1}, mend: hourAhead, on: []way{resume()}},
		{name: "a byte of it is another", at: begins("install-k1"), strike: killsDriver, codes: []int{-1},
			mend: flips(func(text []byte) int { return len(text) / 2 }), on: []way{byMarkers}},
		{name: "a byte of its last line is another", at: begins("install-k3"), strike: killsDriver, codes: []int{-1},
			mend: flips(func(text []byte) int { return len(text) - 60 }), on: []way{byMarkers}},
	})
}

// journal is the one journal that the tool keeps.
func (s *struck) journal() (name string, text []byte) {
	s.Helper()
	names, err := filepath.Glob(filepath.Join(s.tool.State, "runs", "*.jsonl"))
	if err != nil || len(names) != 1 {
		s.Fatalf("journals: %v, %v", names, err)
	}
	text, err = os.ReadFile(names[0])
	s.no(err)
	return names[0], text
}

// ownDisk is what a host may write where its disk is to be filled.
const ownDisk = 1 << 30

// leaves leaves that much room on a host's disk.
func leaves(bytes uint64, host string) func(*struck) {
	return func(s *struck) { s.no(s.fleet.FillDisk(host, bytes)) }
}

// noRoom leaves too little for any package, and frees gives the room back.
func noRoom(host string) func(*struck) { return leaves(256<<10, host) }

func frees(host string) func(*struck) {
	return func(s *struck) { s.no(s.fleet.FreeDisk(host)) }
}

// TestFaultServerDisk: packages that cannot be unpacked, and a dump that cannot be written.
func TestFaultServerDisk(t *testing.T) {
	limited := spec()
	limited.Disk = ownDisk
	faultsOn(t, limited, []fault{
		{name: "k2's in its dump", at: begins("dump-k2-db1"), strike: upon("k2", "ls /var/backups/kea-lockstep/*/.*.part >/dev/null 2>&1", leaves(0, "k2")), codes: []int{4, 7}, says: []string{"k2"}, mend: frees("k2"), on: []way{resume(0, 7)}},
		{name: "k1's in its package upgrade", at: begins("install-k1"), strike: noRoom("k1"), codes: []int{4, 7}, says: []string{"k1"}, mend: frees("k1"), on: []way{resume(0, 7)}, again: []string{"k1"}},
		{name: "k3's in its package upgrade", often: true, at: begins("install-k3"), strike: noRoom("k3"), codes: []int{5}, says: []string{"k3", "k2  Kea 3.0.3, serves"}, mend: frees("k3"), on: []way{resume()}, again: []string{"k3"}},
		{name: "the database's to the last byte in the proof", at: begins("prove-k2-db1"), strike: leaves(0, lab.DatabaseHost), codes: []int{0, 4, 7}, mend: frees(lab.DatabaseHost), on: []way{resume(0, 7)}, blind: true},
		{name: "the database's to the last byte in the migration", at: begins("migrate-k1-db1"), strike: migrating(leaves(0, lab.DatabaseHost)), codes: []int{5}, mend: frees(lab.DatabaseHost), on: []way{resume()}, blind: true},
	})
}

// TestFaultAnotherVersion: a server whose packages turn out to be others than the canary's is not started; the others serve, and resume
// ends the run once it is mended.
func TestFaultAnotherVersion(t *testing.T) {
	faults(t, []fault{{
		name: "on k3", often: true, at: begins("migrate-k1-db1"),
		strike: otherPackages("k3"),
		codes:  []int{5}, says: []string{"k3", "2.6.3", "k2  Kea 3.0.3, serves"},
		mend: func(s *struck) { s.must("k3", "rm -r /var/lib/kea-lockstep/packages") },
		on:   []way{resume()}, again: []string{"k3"},
	}})
}
