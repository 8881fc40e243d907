//go:build lab

package bench

import (
	"strings"
	"testing"
	"time"

	"kea-lockstep/lab"
	"kea-lockstep/lab/labtest"
	"kea-lockstep/lab/witness"
)

// The script does every step right when nothing goes wrong: if the witness blamed it, nobody could do well.
func TestTheHandWrittenScriptUpgradesTheFleet(t *testing.T) {
	for _, engine := range []lab.Engine{lab.MySQL, lab.PostgreSQL} {
		t.Run(string(engine), func(t *testing.T) { upgradeByHand(t, engine) })
	}
}

func upgradeByHand(t *testing.T, engine lab.Engine) {
	f := labtest.Up(t, lab.Spec{Servers: 3, Engine: engine})
	result, err := Once(t.Context(), f, Script(), t.Output())
	t.Log(result.Report)
	if err != nil {
		t.Fatal(err)
	}
	if len(result.BadMoments) != 0 || len(result.StartedByPackages()) != 0 {
		t.Error("the script is blamed")
	}
	if result.FirstAnswer() < time.Second || result.LastServer() <= result.FirstAnswer() {
		t.Errorf("the outage was %s, and %s for the last server: an upgrade takes longer", result.FirstAnswer(), result.LastServer())
	}
}

func TestTableShowsMedianLeastAndMost(t *testing.T) {
	var results []Result
	for _, s := range []int{9, 5, 6, 20} {
		begin := time.Unix(0, 0)
		r := Result{Driver: "x", Whole: time.Duration(s) * time.Second}
		r.Report.Outage = witness.Gap{From: begin, To: begin.Add(r.Whole)}
		results = append(results, r)
	}
	if got := Table(results); !strings.Contains(got, "7.50 s (5.00-20.00)") {
		t.Error(got)
	}
}
