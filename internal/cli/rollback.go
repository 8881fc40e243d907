package cli

import (
	"context"
	"fmt"
	"slices"

	ufcli "github.com/urfave/cli/v2"

	"kea-lockstep/orchestrator/journal"
)

func (p *program) rollbackCommand() *ufcli.Command {
	return &ufcli.Command{
		Name:      "rollback",
		Usage:     "take a run back to the old software, configuration and schema (default: the newest unfinished one)",
		ArgsUsage: oneRun,
		Flags:     onFleet(yesFlag(), declareDeadFlag()),
		Action: func(c *ufcli.Context) error {
			if err := p.mayBury(c); err != nil {
				return err
			}
			store, k, err := p.unfinished(c, letGo)
			if err != nil {
				return err
			}
			defer store.Close()
			if err := p.mayRollBack(k); err != nil {
				return err
			}
			return p.carryOn(c, store, k, "rollback", rollingBack)
		},
	}
}

func rollingBack(d *driving) func(context.Context) error {
	return func(ctx context.Context) error { return d.drive.Rollback(ctx, d.begun) }
}

// letGo says why a run that is over is not taken back.
func letGo(k kept) error {
	if k.status.State != journal.Done {
		return usage("run %s is %s: there is nothing to roll back", k.status.Run, k.status.State)
	}
	failed := exitError{code: codeUsage, err: fmt.Errorf(
		"run %s is done and has let its servers go: what clients were promised since is in no backup, so a run that is over is not rolled back", k.status.Run)}
	for _, b := range k.status.Backups {
		failed.hints = append(failed.hints, fmt.Sprintf("its backup from before the migration is kept: %s", b.Where()))
	}
	return failed
}

// mayRollBack checks that the run began something, and that somebody is there to type the word where one is wanted.
func (p *program) mayRollBack(k kept) error {
	if !k.driven && !k.touched() {
		return usage("run %s changed nothing: there is nothing to roll back", k.status.Run)
	}
	served := slices.ContainsFunc(k.status.Groups, func(g journal.GroupStatus) bool {
		return !g.State.Over() && g.Served && !g.RollingBack
	})
	if _, ok := terminal(p.In); ok || !served || k.driven {
		return nil
	}
	return refuse("run it on a terminal", "a Kea %s may have served, so a rollback asks for the word, --yes or not, and stdin is no terminal; nothing was changed",
		k.status.Target)
}
