package live

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kea-lockstep/orchestrator/journal"
)

// oldToNew is what kea-admin 2.6.3 puts out over a database of Kea 2.2, up to the step that takes long.
const oldToNew = `schema 14.0, ahead: upgrade_014_to_015.sh upgrade_015_to_016.sh upgrade_016_to_017.sh upgrade_017_to_018.sh upgrade_018_to_019.sh upgrade_019_to_020.sh upgrade_020_to_021.sh upgrade_021_to_022.sh upgrade_022.0_to_022.1.sh upgrade_022.1_to_022.2.sh upgrade_mine.sh
Schema version reported before upgrade: 14.0
Processing /var/lib/kea-lockstep/runs/R1/scripts.DFl3rr/mysql/upgrade_014_to_015.sh file...
Processing /var/lib/kea-lockstep/runs/R1/scripts.DFl3rr/mysql/upgrade_015_to_016.sh file...
Processing /var/lib/kea-lockstep/runs/R1/scripts.DFl3rr/mysql/upgrade_016_to_017.sh file...
Processing /var/lib/kea-lockstep/runs/R1/scripts.DFl3rr/mysql/upgrade_017_to_018.sh file...
Processing /var/lib/kea-lockstep/runs/R1/scripts.DFl3rr/mysql/upgrade_018_to_019.sh file...
`

func TestAMigrationSaysHowFarItHasCome(t *testing.T) {
	for _, c := range []struct {
		name  string
		parts []string // of the output, each a second after the one before
		want  []string
	}{
		{"it is waited for", strings.SplitAfter(oldToNew, "\n"), []string{
			"14.0 -> 22.2: step 1 of 10 (14.0 to 15.0)", "14.0 -> 22.2: step 2 of 10 (15.0 to 16.0)", "14.0 -> 22.2: step 3 of 10 (16.0 to 17.0)",
			"14.0 -> 22.2: step 4 of 10 (17.0 to 18.0)", "14.0 -> 22.2: step 5 of 10 (18.0 to 19.0)",
		}},
		{"it is found", []string{oldToNew}, []string{"14.0 -> 22.2: step 5 of 10 (18.0 to 19.0)"}},
		{"steps within a number", []string{oldToNew + "Processing /x/mysql/upgrade_022.0_to_022.1.sh file...\n"}, []string{"14.0 -> 22.2: step 9 of 10 (22.0 to 22.1)"}},
		{"scripts that are behind", []string{
			"schema 22.2, ahead: upgrade_022.1_to_022.2.sh upgrade_022_to_023.sh upgrade_023_to_024.sh\nProcessing /x/pgsql/upgrade_001.0_to_002.0.sh file...\n" +
				"This script upgrades 1.0 to 2.0. Reported version is 22.2. Skipping upgrade.\nProcessing /x/pgsql/upgrade_022_to_023.sh file...\n",
		}, []string{"22.2 -> 24.0: step 1 of 2 (22.2 to 23.0)"}},
		{"one that failed and was gone past", []string{
			oldToNew + "ERROR 1062 (23000) at line 5: Duplicate entry\n",
			"Processing /x/mysql/upgrade_019_to_020.sh file...\n", "This script upgrades 19.0 to 20.0. Reported version is 18.0. Skipping upgrade.\n",
		}, []string{"14.0 -> 22.2: step 5 of 10 (18.0 to 19.0)", "14.0 -> 22.2: step 6 of 10 (19.0 to 20.0)", "14.0 -> 22.2: step 5 of 10 (18.0 to 19.0)"}},
		{"nothing is ahead", []string{"schema 22.2, ahead:\nProcessing /x/mysql/upgrade_022.1_to_022.2.sh file...\n"}, nil},
		{"other words", []string{"Processing nothing\nschema x, ahead: upgrade_1_to_2.sh\nProcessing /x/upgrade_1_to_2.sh file...\n"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var told []string
				heard := newClimb(func(p journal.Progress) { told = append(told, p.String()) })
				for _, part := range c.parts {
					for line := range strings.Lines(part) {
						heard.hear(strings.TrimSuffix(line, "\n"))
					}
					<-time.After(time.Second)
				}
				heard.end()
				if !slices.Equal(told, c.want) {
					t.Errorf("it tells\n%s", strings.Join(told, "\n"))
				}
			})
		})
	}
}

// The end of a job tells where it stood, however short it was, and nothing is told after it.
func TestTheEndOfAMigrationTellsWhereItStood(t *testing.T) {
	var told []string
	heard := newClimb(func(p journal.Progress) { told = append(told, p.String()) })
	for line := range strings.Lines(oldToNew) {
		heard.hear(strings.TrimSuffix(line, "\n"))
	}
	heard.end()
	heard.hear("Processing /x/mysql/upgrade_019_to_020.sh file...")
	heard.end()
	if len(told) != 1 || told[0] != "14.0 -> 22.2: step 5 of 10 (18.0 to 19.0)" {
		t.Errorf("it tells %q", told)
	}
}
