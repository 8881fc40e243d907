package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	ufcli "github.com/urfave/cli/v2"

	"kea-lockstep/internal/view"
	"kea-lockstep/orchestrator"
)

func (p *program) planCommand() *ufcli.Command {
	return &ufcli.Command{
		Name:   "plan",
		Usage:  "the dry run: phases, steps, exact commands, gates, outage estimate, point of no return",
		Flags:  writing(view.Plan{}, onPlan(&ufcli.StringFlag{Name: "save", Usage: "write the plan to `FILE`, for upgrade --plan"})),
		Action: p.plan,
	}
}

func (p *program) plan(c *ufcli.Context) error {
	file, world, err := p.open(c, view.Plan{})
	if err != nil {
		return err
	}
	defer world.Close()
	wish, err := wishOf(c, file)
	if err != nil {
		return err
	}
	wish.opts.Measured = p.measured(c, file.Path, wish.target)
	ctx, stop := p.untilInterrupted(c.Context)
	defer stop()
	plan, err := planner{world, file, wish}.make(ctx, "")
	if err != nil {
		return interrupted(ctx, err)
	}
	shown := view.NewPlan(plan, c.Bool("verbose"))
	if err := p.show(c, shown); err != nil {
		return err
	}
	if err := refused(plan); err != nil {
		return err
	}
	if name := c.String("save"); name != "" {
		return save(name, shown)
	}
	return nil
}

// save writes a document so that it is there whole or not at all.
func save(name string, document view.Document) error {
	var text bytes.Buffer
	if err := view.JSON(&text, document); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(name), ".saved-*")
	if err != nil {
		return fmt.Errorf("saving %s: %w", name, err)
	}
	_, err = file.Write(text.Bytes())
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		_ = os.Remove(file.Name()) // what was half written is of no use
		return fmt.Errorf("saving %s: %w", name, err)
	}
	return nil
}

// refused is why a plan is not driven. Its reasons were shown with it.
func refused(plan orchestrator.Plan) error {
	if len(plan.Refusals) == 0 {
		return nil
	}
	failed := exitError{code: codeRefused, err: fmt.Errorf("refused, nothing was changed: %s", reasons(len(plan.Refusals)))}
	for _, f := range plan.Refusals {
		if f.Code == "claimed" || f.Code == "fenced" {
			failed.code, failed.hints = codeHeld, []string{f.Message, f.Next}
		}
	}
	return failed
}

func reasons(n int) string {
	if n == 1 {
		return "1 reason is named above"
	}
	return fmt.Sprintf("%d reasons are named above", n)
}
