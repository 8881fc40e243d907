package cli

import (
	"time"

	ufcli "github.com/urfave/cli/v2"

	"kea-lockstep/internal/view"
)

func (p *program) reportCommand() *ufcli.Command {
	return &ufcli.Command{
		Name:      "report",
		Usage:     "what happened in a run: timeline, outage, versions before and after, backup evidence (default: the newest)",
		ArgsUsage: oneRun,
		Flags:     writing(view.Report{}, onFleet()),
		Action: func(c *ufcli.Context) error {
			if err := writes(c, view.Report{}); err != nil {
				return err
			}
			return p.ofRun(c, func(k kept) view.Document {
				return view.NewReport(k.status, time.Now(), where(c), k.broken, c.Bool("verbose"))
			})
		},
	}
}
