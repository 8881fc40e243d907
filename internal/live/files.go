package live

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"

	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator"
	"kea-lockstep/ssh"
)

// stage places what is to become of configuration files in the run's directory.
func (f *Fleet) stage(ctx context.Context, o order) error {
	var paths []string
	for _, move := range o.plan.Files {
		paths = append(paths, move.Path)
	}
	_, err := f.run(ctx, o.on, call{action: "room", params: []ssh.Param{
		{Name: "run", Value: o.Run}, {Name: "paths", Value: strings.Join(paths, "\n")},
	}})
	if err != nil {
		return err
	}
	for _, move := range o.plan.Files {
		text, err := f.become(ctx, o, move)
		if err != nil {
			return err
		}
		err = o.on.host.Put(ctx, ssh.File{
			Path: path.Join(o.book.State, "runs", o.Run, "staged", move.Path), Mode: 0o600, Owner: "root:root", Content: text,
		})
		if err != nil {
			return sshError(err)
		}
	}
	return nil
}

// become makes the text that the plan promises for a file: the operator's own, or today's with the edit.
func (f *Fleet) become(ctx context.Context, o order, move orchestrator.FileMove) ([]byte, error) {
	text, err := f.edited(ctx, o, move)
	if err != nil {
		return nil, fmt.Errorf("%s: staging %s: %w", o.Server, move.Path, err)
	}
	if now := orchestrator.Digest(text); now != move.After {
		return nil, fmt.Errorf("%s: what is to become of %s is not what the plan says (sha256 %.12s, not %.12s): it was changed since",
			o.Server, move.Path, now, move.After)
	}
	return text, nil
}

func (f *Fleet) edited(ctx context.Context, o order, move orchestrator.FileMove) ([]byte, error) {
	if move.From != "" {
		return os.ReadFile(move.From)
	}
	text, err := o.on.host.Get(ctx, move.Path, largestConfig)
	if err != nil {
		return nil, err
	}
	if orchestrator.Digest(text) == move.After {
		return text, nil
	}
	parsed, err := kea.ReadConfig(move.Path, text, f.includes(ctx, o.on))
	if err != nil {
		return nil, err
	}
	software, err := f.Software(ctx, o.Server)
	if err != nil {
		return nil, err
	}
	text, _, err = kea.AddDatabaseHook(text, kea.NeedsHook(parsed, o.Plan.Target), software.HooksDir)
	return text, err
}

// nothingStaged is the status of configure.sh where the staged file is gone.
const nothingStaged = 12

// configure puts the staged files in place, or the kept ones back.
func (f *Fleet) configure(ctx context.Context, o order) error {
	way := orchestrator.WayOn
	if o.Back() {
		way = orchestrator.WayBack
	}
	var moves strings.Builder
	for _, move := range o.plan.Files {
		fmt.Fprintf(&moves, "%s %s %s\n", move.Before, move.After, move.Path)
	}
	put := func() error {
		return f.act(ctx, o, "configure", ssh.Param{Name: "run", Value: o.Run}, ssh.Param{Name: "way", Value: way},
			ssh.Param{Name: "moves", Value: moves.String()})
	}
	err := put()
	var said *scriptError
	if errors.As(err, &said) && said.status == nothingStaged {
		if err := f.stage(ctx, o); err != nil {
			return err
		}
		return put()
	}
	return err
}
