//go:build lab

package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"kea-lockstep/lab"
	"kea-lockstep/lab/baseline"
	"kea-lockstep/lab/witness"
)

// Driver is somebody who upgrades a fleet to its target.
type Driver struct {
	Name    string
	Upgrade func(ctx context.Context, f *lab.Fleet, log io.Writer) error
}

// Script is the hand-written script.
func Script() Driver { return Driver{"script", baseline.Run} }

// Product is a kea-lockstep binary; more flags may follow those that a run without questions needs.
func Product(binary string, flags ...string) Driver {
	return Driver{"kea-lockstep", func(ctx context.Context, f *lab.Fleet, log io.Writer) error {
		// The driver's machine has a disk of its own; here all hosts share one, so its journal goes to memory.
		state, err := os.MkdirTemp("/dev/shm", "kea-lockstep-state-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(state)
		args := append([]string{"upgrade", "--yes", "--plain", "--fleet", f.FleetFile(), "--state", state, "--to", f.Target}, flags...)
		cmd := exec.CommandContext(ctx, binary, args...)
		cmd.Env = f.Env()
		cmd.Stdout, cmd.Stderr = log, log
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("running %s upgrade: %w", binary, err)
		}
		return nil
	}}
}

// Result is one upgrade.
type Result struct {
	Driver string
	Whole  time.Duration // the driver's own time, from its start to its end
	witness.Report
}

// Once puts the fleet back to its first state, lets the driver upgrade it before the witness's eyes, and makes sure that it
// was upgraded: every server serves, at the target, and no lease is lost.
func Once(ctx context.Context, f *lab.Fleet, driver Driver, log io.Writer) (Result, error) {
	if err := f.Reset(ctx); err != nil {
		return Result{}, err
	}
	w, err := witness.Start(ctx, f)
	if err != nil {
		return Result{}, err
	}
	result, err := drive(ctx, f, w, driver, log)
	result.Report = w.Stop()
	if err == nil {
		err = upgraded(ctx, f)
	}
	if err != nil {
		return result, fmt.Errorf("%s: %w", driver.Name, err)
	}
	return result, nil
}

func drive(ctx context.Context, f *lab.Fleet, w *witness.Witness, driver Driver, log io.Writer) (Result, error) {
	result := Result{Driver: driver.Name}
	served, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := w.AwaitOffers(served); err != nil {
		return result, err
	}
	begin := time.Now()
	if err := driver.Upgrade(ctx, f, log); err != nil {
		return result, err
	}
	result.Whole = time.Since(begin)
	serves, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	return result, w.AwaitOffers(serves)
}

// upgraded asks each daemon itself which version it is, and the database for its schema and what it holds.
func upgraded(ctx context.Context, f *lab.Fleet) error {
	for _, s := range f.Servers {
		answer, err := f.Kea(ctx, s.Name, "version-get")
		if err != nil {
			return err
		}
		if answer.Text != f.Target {
			return fmt.Errorf("%s runs %q after the upgrade", s.Name, answer.Text)
		}
	}
	got, err := f.Contents(ctx)
	if err != nil {
		return err
	}
	want := lab.Contents{Schema: witness.Expects(f.Engine, f.Target), Leases: lab.Leases, Reservations: lab.Reservations}
	if got != want {
		return fmt.Errorf("the database holds %+v after the upgrade, want %+v", got, want)
	}
	return nil
}

// Rounds lets the drivers upgrade the fleet in turn, that often each.
func Rounds(ctx context.Context, f *lab.Fleet, rounds int, log io.Writer, drivers ...Driver) ([]Result, error) {
	var results []Result
	for range rounds {
		for _, driver := range drivers {
			result, err := Once(ctx, f, driver, log)
			if err != nil {
				return results, err
			}
			fmt.Fprintf(log, "%s: %s", driver.Name, result.Report)
			results = append(results, result)
		}
	}
	return results, nil
}

// Bad names the moments in which a Kea ran against a schema that it does not expect: a figure beside one is worth nothing.
func Bad(results []Result) error {
	var all []error
	for _, r := range results {
		for _, m := range r.BadMoments {
			all = append(all, fmt.Errorf("%s: bad moment: %s", r.Driver, m))
		}
	}
	return errors.Join(all...)
}

// Table shows each driver's figures in seconds: the median, and in brackets the least and the most.
func Table(results []Result) string {
	var names []string
	for _, r := range results {
		if !slices.Contains(names, r.Driver) {
			names = append(names, r.Driver)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-14s %-22s %-22s %-22s %s\n", "who", "no server answers", "last server back", "whole run", "bad moments")
	for _, name := range names {
		var first, last, whole []time.Duration
		bad := 0
		for _, r := range results {
			if r.Driver == name {
				first, last, whole = append(first, r.FirstAnswer()), append(last, r.LastServer()), append(whole, r.Whole)
				bad += len(r.BadMoments)
			}
		}
		fmt.Fprintf(&b, "%-14s %-22s %-22s %-22s %d\n", name, spread(first), spread(last), spread(whole), bad)
	}
	return b.String()
}

func spread(d []time.Duration) string {
	slices.Sort(d)
	return fmt.Sprintf("%.2f s (%.2f-%.2f)", Median(d).Seconds(), d[0].Seconds(), d[len(d)-1].Seconds())
}

// Median of at least one duration.
func Median(d []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(d))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// JSON is the results for a machine to compare: seconds, one object an upgrade.
func JSON(results []Result) ([]byte, error) {
	type figures struct {
		Driver                         string
		FirstAnswer, LastServer, Whole float64
		BadMoments                     int
	}
	var all []figures
	for _, r := range results {
		all = append(all, figures{r.Driver, r.FirstAnswer().Seconds(), r.LastServer().Seconds(), r.Whole.Seconds(), len(r.BadMoments)})
	}
	return json.MarshalIndent(all, "", "  ")
}
