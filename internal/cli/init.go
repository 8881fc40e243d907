package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	ufcli "github.com/urfave/cli/v2"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/view"
)

// toStdout is how -f says that the fleet file is wanted on stdout.
const toStdout = "-"

func (p *program) initCommand() *ufcli.Command {
	return &ufcli.Command{
		Name:      "init",
		Usage:     "survey hosts and write a fleet file that names them, with what was found in comments",
		ArgsUsage: "HOST...",
		Flags: everywhere(
			&ufcli.StringFlag{Name: "fleet", Aliases: []string{"f"}, Value: defaultFleet, Usage: "the fleet `FILE` to write, which must not be there; - for stdout"},
			&ufcli.StringFlag{Name: "ssh-config", Usage: "a configuration of ssh in `FILE` instead of ~/.ssh/config"},
		),
		Action: p.init,
	}
}

// init surveys the hosts that are named and writes the fleet file. It is written with a host that cannot be asked, too: then, and where
// somebody is in a database whom nobody listed, the exit code says that the file is not the whole fleet.
func (p *program) init(c *ufcli.Context) error {
	name := c.String("fleet")
	json := asJSON(c)
	if err := writes(c, nil); err != nil {
		return err
	}
	switch {
	case c.NArg() == 0:
		return usage("which hosts? init HOST..., each as ssh takes it: an alias, user@host, user@host:port")
	case json && name == toStdout:
		return usage("-o json and -f - both want stdout")
	}
	file, err := p.draft(c, name)
	if err != nil {
		return err
	}
	world, err := p.look(c.Context, file)
	if err != nil {
		return err
	}
	defer world.Close()
	ctx, stop := p.untilInterrupted(c.Context)
	defer stop()
	facts, err := survey(ctx, world, file)
	if err != nil {
		return interrupted(ctx, err)
	}
	text := view.FleetFile(file, facts, time.Now())
	if name == toStdout {
		shown := view.NewInit("", facts, view.Where{})
		page := view.NewPage(p.paper(p.Err, plainly(c)))
		shown.Text(page)
		fmt.Fprint(p.Err, page)
		if _, err := p.Out.Write(text); err != nil {
			return fmt.Errorf("writing the fleet file: %w", err)
		}
		return whole(shown)
	}
	if err := place(name, text); err != nil {
		return err
	}
	shown := view.NewInit(name, facts, where(c))
	if err := p.show(c, shown); err != nil {
		return err
	}
	return whole(shown)
}

// draft makes the fleet of the hosts that are named, and refuses to write over a file.
func (p *program) draft(c *ufcli.Context, name string) (fleet.File, error) {
	path, err := filepath.Abs(name)
	if err != nil {
		return fleet.File{}, fmt.Errorf("finding the directory of the fleet file: %w", err)
	}
	if _, err := os.Lstat(path); err == nil && name != toStdout {
		return fleet.File{}, inPlace(name)
	}
	config := c.String("ssh-config")
	if config != "" {
		if config, err = filepath.Abs(expandHome(config, p.getenv("HOME"))); err != nil {
			return fleet.File{}, fmt.Errorf("finding the configuration of ssh: %w", err)
		}
		if _, err := os.Stat(config); err != nil {
			return fleet.File{}, usage("--ssh-config: %v", err)
		}
	}
	file, err := fleet.Draft(path, c.Args().Slice(), config)
	if err != nil {
		return fleet.File{}, usage("init: %v", err)
	}
	return file, nil
}

// inPlace refuses to write over a file, whatever it is.
func inPlace(name string) error {
	at := ""
	if name != defaultFleet {
		at = " -f " + quoted(name)
	}
	return exitError{code: codeRefused, err: fmt.Errorf("%s is there already, and is not written over; nothing was changed", name), hints: []string{
		"kea-lockstep survey" + at + "    shows the fleet that it names",
		"kea-lockstep init -f OTHER HOST...    writes another file",
		"kea-lockstep init -f - HOST...    shows what would be written",
	}}
}

// place puts a file in its place, whole or not at all, and over nothing. It holds no secret, so others may read it.
func place(name string, text []byte) error {
	const doing = "writing the fleet file: %w"
	half, err := os.CreateTemp(filepath.Dir(name), ".init-*")
	if err != nil {
		return fmt.Errorf(doing, err)
	}
	defer func() { _ = os.Remove(half.Name()) }() // its other name is the file's
	_, err = half.Write(text)
	if err == nil {
		err = half.Chmod(0o644)
	}
	if err == nil {
		err = half.Sync()
	}
	if closed := half.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Link(half.Name(), name) // where a rename would write over a file that came meanwhile
	}
	if errors.Is(err, fs.ErrExist) {
		return inPlace(name)
	}
	if err != nil {
		return fmt.Errorf(doing, err)
	}
	return nil
}

// whole says by the exit code whether the file can be the whole fleet.
func whole(v view.Init) error {
	sentence := v.Sentence()
	if sentence == "" {
		return nil
	}
	return exitError{code: codeMismatch, err: errors.New("the file is written, and may not be the whole fleet: " + sentence)}
}
