package cli

import (
	"time"

	ufcli "github.com/urfave/cli/v2"

	"kea-lockstep/internal/view"
	"kea-lockstep/orchestrator/journal"
)

func (p *program) statusCommand() *ufcli.Command {
	return &ufcli.Command{
		Name:      "status",
		Usage:     "where a run stands, by its journal (default: the newest)",
		ArgsUsage: oneRun,
		Flags:     onFleet(&ufcli.BoolFlag{Name: "watch", Usage: "go on to show what happens, until nobody drives the run any more"}),
		Action: func(c *ufcli.Context) error {
			if !c.Bool("watch") {
				return p.ofRun(c, func(k kept) view.Document { return statusOf(k, c) })
			}
			if err := writes(c, nil); err != nil {
				return err
			}
			s, k, err := p.theRun(c)
			if err != nil {
				return err
			}
			return p.follow(c, s, k)
		},
	}
}

func statusOf(k kept, c *ufcli.Context) view.Document {
	return view.NewStatus(k.status, time.Now(), where(c))
}

// theRun is the run that is named, or the newest.
func (p *program) theRun(c *ufcli.Context) (store, kept, error) {
	named, err := arguments(c, "run")
	if err != nil {
		return store{}, kept{}, err
	}
	s, err := p.store(c)
	if err != nil {
		return store{}, kept{}, err
	}
	path := ""
	if c.IsSet("fleet") {
		path = fleetPath(c)
	}
	k, err := s.newest(c.Context, named, path)
	return s, k, err
}

// ofRun shows something of the run that is named, or of the newest.
func (p *program) ofRun(c *ufcli.Context, shown func(kept) view.Document) error {
	_, k, err := p.theRun(c)
	if err != nil {
		return err
	}
	if err := p.show(c, shown(k)); err != nil {
		return err
	}
	return isWhole(c, k)
}

// isWhole is an error where a run's journal is damaged, with the way on.
func isWhole(c *ufcli.Context, k kept) error {
	if k.broken == nil {
		return nil
	}
	return exitError{code: codeError, err: k.broken, hints: byMarkers(k.server(), k.status.Run, where(c))}
}

func (p *program) runsCommand() *ufcli.Command {
	return &ufcli.Command{
		Name:  "runs",
		Usage: "all runs that are kept here, newest first",
		Flags: onFleet(),
		Action: func(c *ufcli.Context) error {
			if _, err := arguments(c, ""); err != nil {
				return err
			}
			s, err := p.store(c)
			if err != nil {
				return err
			}
			all, err := s.all(c.Context)
			if err != nil {
				return err
			}
			runs := view.Runs{}
			for _, k := range all {
				if c.IsSet("fleet") && k.status.Fleet != fleetPath(c) {
					continue
				}
				runs = append(runs, listedStatus(k, where(c)))
			}
			return p.show(c, runs)
		},
	}
}

// listedStatus is a run for the list: the command to type next only where something is left to do.
func listedStatus(k kept, at view.Where) journal.Status {
	s := view.Complete(k.status, at)
	if s.State.Over() {
		s.Next = ""
	}
	return s
}
