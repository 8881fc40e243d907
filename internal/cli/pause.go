package cli

import (
	"fmt"
	"time"

	ufcli "github.com/urfave/cli/v2"

	"kea-lockstep/internal/view"
	"kea-lockstep/orchestrator"
)

func (p *program) pauseCommand() *ufcli.Command {
	return &ufcli.Command{
		Name:      "pause",
		Usage:     "hold a run that another terminal drives before its next phase; resume carries it on",
		ArgsUsage: oneRun,
		Flags:     onFleet(),
		Action: func(c *ufcli.Context) error {
			if err := writes(c, nil); err != nil {
				return err
			}
			store, k, err := p.unfinished(c, notPaused)
			if err != nil {
				return err
			}
			defer store.Close()
			if !k.driven {
				return exitError{
					code:  codeUsage,
					err:   fmt.Errorf("run %s is %s, and nobody drives it: there is nothing to pause; nothing was changed", k.status.Run, k.status.State),
					hints: waysOn(k, where(c)),
				}
			}
			k, _, err = p.askDriver(c.Context, store, k, orchestrator.Pause)
			if err != nil {
				return err
			}
			if asJSON(c) {
				if err := p.show(c, view.NewStatus(k.status, time.Now(), where(c))); err != nil {
					return err
				}
			}
			return p.endedElsewhere(c, k)
		},
	}
}

// notPaused says why a run that is over is not paused.
func notPaused(k kept) error {
	return usage("run %s is %s: there is nothing to pause", k.status.Run, k.status.State)
}
