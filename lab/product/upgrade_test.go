//go:build lab

package product_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kea-lockstep/lab"
	"kea-lockstep/lab/labtest"
	"kea-lockstep/lab/product"
	"kea-lockstep/lab/witness"
)

func tool(t *testing.T, f *lab.Fleet) product.Tool {
	t.Helper()
	p, err := product.New(f, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// run runs a command of the product and wants its exit code.
func run(t *testing.T, p product.Tool, code int, args ...string) product.Output {
	t.Helper()
	out, err := p.Run(t.Context(), args...)
	if err != nil {
		t.Fatal(err)
	}
	if out.Code != code {
		t.Fatalf("%s: want exit %d\n%s", strings.Join(args, " "), code, out)
	}
	return out
}

// watched runs do before the witness's eyes, from the moment every server serves to the moment every server serves again, and
// fails on one bad moment.
func watched(t *testing.T, f *lab.Fleet, do func()) witness.Report {
	t.Helper()
	w, err := witness.Start(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	ended := false
	t.Cleanup(func() {
		if !ended {
			t.Log(w.Stop())
		}
	})
	offers(t, w)
	do()
	if !t.Failed() {
		offers(t, w)
	}
	ended = true
	report := w.Stop()
	t.Log(report)
	for _, b := range report.BadMoments {
		t.Errorf("bad moment: %s", b)
	}
	for _, p := range report.StartedByPackages() {
		t.Errorf("a package started %+v", p)
	}
	if report.WasBlind() {
		t.Errorf("the witness was blind for %+v", report.Blind)
	}
	return report
}

func offers(t *testing.T, w *witness.Witness) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	if err := w.AwaitOffers(ctx); err != nil {
		t.Fatal(err)
	}
}

func atRest(t *testing.T, f *lab.Fleet, version, schema string) {
	t.Helper()
	if err := product.AtRest(t.Context(), f, version, schema); err != nil {
		t.Error(err)
	}
}

// TestFleetOfThree is the main job: survey, plan, upgrade and check on three real servers that share a MariaDB.
func TestFleetOfThree(t *testing.T) { fleetOfThree(t, lab.MySQL) }

func fleetOfThree(t *testing.T, engine lab.Engine) {
	f := labtest.Up(t, lab.Spec{Servers: 3, Engine: engine})
	p := tool(t, f)
	survey := run(t, p, 0, "survey", "-o", "json")
	var seen struct {
		Groups []struct {
			Servers []string
			Mode    string
		}
	}
	if err := json.Unmarshal([]byte(survey.Stdout), &seen); err != nil {
		t.Fatalf("survey: %v\n%s", err, survey)
	}
	if len(seen.Groups) != 1 || len(seen.Groups[0].Servers) != 3 || seen.Groups[0].Mode != "lockstep" {
		t.Fatalf("groups: %+v", seen.Groups)
	}
	saved := filepath.Join(t.TempDir(), "plan.json")
	all := []product.Output{
		survey, run(t, p, 0, "check"), run(t, p, 0, "check", "-o", "json"),
		run(t, p, 0, "plan", "--to", "3.0.3", "-v", "--save", saved), run(t, p, 0, "plan", "--to", "3.0.3", "-o", "json"),
	}
	sampler := product.Sample(t.Context())
	var upgrade product.Output
	watched(t, f, func() {
		upgrade = run(t, p, 0, "upgrade", "--to", "3.0.3", "--yes")
	})
	for _, line := range sampler.Stop() {
		t.Errorf("a password on a command line: %q", line)
	}
	atRest(t, f, "3.0.3", witness.Expects(engine, "3.0.3"))
	all = append(all, upgrade, run(t, p, 0, "check"), run(t, p, 0, "status"), run(t, p, 0, "runs"),
		run(t, p, 0, "status", "-o", "json"), run(t, p, 0, "runs", "-o", "json"))
	for _, out := range all {
		if product.HasSecret(out.String()) {
			t.Errorf("a password was shown:\n%s", out)
		}
	}
	if _, err := os.Stat(saved); err != nil {
		t.Error(err)
	}
	leaks(t, f, p, saved)
	if t.Failed() {
		t.Log(upgrade)
	}
}

// leaks looks for passwords in what the run left: on every server, in the tool's state directory and in files that it was told to write.
func leaks(t *testing.T, f *lab.Fleet, p product.Tool, files ...string) {
	t.Helper()
	found, err := product.Leaks(slices.Concat(product.HostDirs(f), []string{p.State}, files)...)
	if err != nil {
		t.Fatal(err)
	}
	inside, err := product.LeaksInside(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(found, inside...) {
		t.Errorf("a password lies in %s", path)
	}
}

// TestInteractively answers the gates through a terminal, as an operator does.
func TestInteractively(t *testing.T) {
	f := labtest.Up(t, spec())
	p := tool(t, f)
	watched(t, f, func() {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		defer cancel()
		tty, err := product.Start(p.Command(ctx, "upgrade", "--to", "3.0.3"))
		if err != nil {
			t.Fatal(err)
		}
		mark := 0
		for _, q := range []struct{ shows, answer string }{
			{"stop every Kea daemon on k1, k2 and k3?", "y"},
			{"migrate the schema?", "migrate"},
			{"go on with k2 and k3?", "y"},
		} {
			if mark, err = tty.Await(ctx, mark, q.shows); err != nil {
				t.Fatal(err)
			}
			// What is typed before a question is shown whole is dropped: wait until its line ends.
			if mark, err = tty.Await(ctx, mark, " "); err != nil {
				t.Fatal(err)
			}
			if err := tty.Type(q.answer); err != nil {
				t.Fatal(err)
			}
		}
		if code := tty.Wait(); code != 0 {
			t.Fatalf("exit %d\n%s", code, tty.Text())
		}
	})
	restsAt(t, f, "3.0.3")
}
