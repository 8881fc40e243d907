package playbooks

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

//go:embed *.yaml */*.sh
var files embed.FS

// Playbook is what one platform calls things.
type Playbook struct {
	Name  string   `yaml:"name"`
	OS    []string `yaml:"os"`    // ID or ID_LIKE in os-release, the most telling first
	Marks []string `yaml:"marks"` // files (shell patterns) one of which has to be there besides; empty: none has to
	State string   `yaml:"state"` // directory of markers, jobs and staged files on a server
	Units []Unit   `yaml:"units"` // every unit that a Kea of any release may bring
	// Sources are the names of the source packages that Kea is built from.
	Sources  []string `yaml:"sources"`
	Keep     []string `yaml:"keep"`     // package names (shell patterns) that a transaction must not touch
	Timers   []string `yaml:"timers"`   // units that change packages by themselves
	Tools    []string `yaml:"tools"`    // programs that the procedure needs on every server
	Managers []string `yaml:"managers"` // units of configuration managements
	// Prefix is the directory that Kea is installed under; "{prefix}" stands for it in units, Scripts, Hooks, Keactrl and Hand, where "{keactrl}" stands for that.
	Prefix  string   `yaml:"prefix"`
	Keactrl string   `yaml:"keactrl"` // its configuration, where that is what starts Kea
	Trees   []string `yaml:"trees"`   // directories (shell patterns) that hold a Kea each, one of which becomes what is under Prefix
	Scripts string   `yaml:"scripts"` // directory of kea-admin's scripts
	Hooks   []string `yaml:"hooks"`   // directories of hook libraries (shell patterns)
	Unhold  string   `yaml:"unhold"`  // the command that lets go of a package that is held back, without its name
	Dumpers string   `yaml:"dumpers"` // the command that installs PostgreSQL's programs of a major version, %d
	// Hand is what is done without this program.
	Hand Hand `yaml:"hand"`
	// Actions are the scripts by what they do; each is the concatenation of files. Without any there is no way to do that on the platform.
	Actions map[string][]string `yaml:"actions"`
	// Engines are the kinds of databases, by the names that Kea's configuration gives them.
	Engines map[string]Engine `yaml:"engines"`

	own map[string]string // texts of pieces that lie beside a playbook of the operator's own
}

// Unit is one daemon's unit.
type Unit struct {
	Name    string `yaml:"name"`
	Daemon  string `yaml:"daemon"`  // "kea-dhcp4", also the name of its process
	Program string `yaml:"program"` // absolute path
	Config  string `yaml:"config"`  // where its unit does not say
}

// Hand is what somebody who stands before a server types where nothing drives the run any more. In each, %s is the names of units,
// apart by blanks.
type Hand struct {
	Fence string `yaml:"fence"` // the file of one unit's fence, which has to go; empty: it is lifted by the command alone
	Lift  string `yaml:"lift"`  // the command that lets units start then; empty: none is needed
	Start string `yaml:"start"`
	Stop  string `yaml:"stop"` // one unit
}

// Engine is how one kind of database is spoken to: its programs, and the actions that are its own.
type Engine struct {
	Client string `yaml:"client"` // runs statements
	Dumper string `yaml:"dumper"`
	Loader string `yaml:"loader"` // reads a dump back, where the client does not
	Socket string `yaml:"socket"` // of a database on the same machine
	// Package brings the hook library that Kea speaks to such a database by, since it is one (kea.SQLInHooks), where it is a
	// package of its own.
	Package string `yaml:"package"`
	// Directories (a shell pattern, in the order of versions) that hold the programs themselves, where those in the search path
	// only find them.
	Directories string              `yaml:"directories"`
	Actions     map[string][]string `yaml:"actions"`
}

// Programs lists what a server needs to speak to a database of that kind.
func (e Engine) Programs() []string {
	return slices.DeleteFunc([]string{e.Client, e.Dumper, e.Loader}, func(name string) bool { return name == "" })
}

// ErrUnknown is returned for a playbook, or an action of one, that is not there.
var ErrUnknown = errors.New("no such playbook")

// Names lists the playbooks.
func Names() []string {
	entries, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return nil // the pattern is a constant
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(e, ".yaml")
	}
	return names
}

// Load gives a playbook by its name. Errors: ErrUnknown.
func Load(name string) (Playbook, error) {
	p, err := read(name)
	return p.filled(), err
}

// read gives a playbook as it is written, for another to extend.
func read(name string) (Playbook, error) {
	if !slices.Contains(Names(), name) {
		return Playbook{}, fmt.Errorf("%w: %q (there are: %s)", ErrUnknown, name, strings.Join(Names(), ", "))
	}
	text, err := files.ReadFile(name + ".yaml")
	if err != nil {
		return Playbook{}, fmt.Errorf("reading playbook %s: %w", name, err)
	}
	var says struct {
		Extends string `yaml:"extends"`
	}
	if err := yaml.Unmarshal(text, &says); err != nil {
		return Playbook{}, fmt.Errorf("reading playbook %s: %w", name, err)
	}
	var base Playbook
	if says.Extends != "" {
		if base, err = read(says.Extends); err != nil {
			return Playbook{}, fmt.Errorf("reading playbook %s: %w", name, err)
		}
	}
	said := base.extension()
	if err := yaml.UnmarshalWithOptions(text, &said, yaml.Strict()); err != nil {
		return Playbook{}, fmt.Errorf("reading playbook %s: %w", name, err)
	}
	return said.over(base), nil
}

// filled puts the prefix where it is spoken of.
func (p Playbook) filled() Playbook {
	fill := func(text string) string { return strings.ReplaceAll(text, "{prefix}", p.Prefix) }
	p.Units, p.Hooks, p.Scripts, p.Keactrl = slices.Clone(p.Units), slices.Clone(p.Hooks), fill(p.Scripts), fill(p.Keactrl)
	for _, command := range []*string{&p.Hand.Lift, &p.Hand.Start, &p.Hand.Stop} {
		*command = strings.ReplaceAll(fill(*command), "{keactrl}", p.Keactrl)
	}
	for i, u := range p.Units {
		p.Units[i].Program, p.Units[i].Config = fill(u.Program), fill(u.Config)
	}
	for i, dir := range p.Hooks {
		p.Hooks[i] = fill(dir)
	}
	return p
}

// extension is a playbook as it is written that extends another: what it says nothing of is the other's.
type extension struct {
	Extends  string `yaml:"extends"`
	Playbook `yaml:",inline"`
}

// extension begins one. What replaces the other's by name is put together afterwards.
func (p Playbook) extension() extension {
	p.Name, p.Actions, p.Engines = "", nil, nil
	return extension{Playbook: p}
}

func (e extension) over(base Playbook) Playbook {
	p := e.Playbook
	p.Actions = over(base.Actions, p.Actions)
	p.Engines = engines(base.Engines, p.Engines)
	return p
}

// Marks are the files (shell patterns) that tell playbooks of one system apart.
func Marks() []string {
	var all []string
	for _, name := range Names() {
		if p, err := Load(name); err == nil {
			all = append(all, p.Marks...)
		}
	}
	return all
}

// For finds the playbook of a platform by the words of its os-release, ID first and then those of ID_LIKE, and by those of Marks
// that are there: a playbook that has one of these goes before one that wants none.
func For(words, marks []string) (Playbook, bool) {
	for _, word := range words {
		var plain *Playbook
		for _, name := range Names() {
			p, err := Load(name)
			switch {
			case err != nil || !slices.Contains(p.OS, word):
			case slices.ContainsFunc(p.Marks, func(mark string) bool { return slices.Contains(marks, mark) }):
				return p, true
			case len(p.Marks) == 0 && plain == nil:
				plain = &p
			}
		}
		if plain != nil {
			return *plain, true
		}
	}
	return Playbook{}, false
}

// Script gives the text of an action: a kind of database's own where it is about one and has its own. Errors: ErrUnknown.
func (p Playbook) Script(action, engine string) (string, error) {
	parts, ok := p.Engines[engine].Actions[action]
	if !ok {
		parts, ok = p.Actions[action]
	}
	if !ok {
		return "", fmt.Errorf("%w: playbook %s has no action %q", ErrUnknown, p.Name, strings.TrimSpace(engine+" "+action))
	}
	if len(parts) == 0 {
		return "", fmt.Errorf("%w: playbook %s has no way to %s", ErrUnknown, p.Name, strings.TrimSpace(engine+" "+action))
	}
	text, err := joined(parts, p.own)
	if err != nil {
		return "", fmt.Errorf("reading action %s of playbook %s: %w", action, p.Name, err)
	}
	return text, nil
}

// joined is a script of its pieces, which are the operator's own or this program's.
func joined(pieces []string, own map[string]string) (string, error) {
	var b strings.Builder
	for _, piece := range pieces {
		if text, ok := own[piece]; ok {
			b.WriteString(text)
			continue
		}
		text, err := files.ReadFile(path.Clean(piece))
		if err != nil {
			return "", err
		}
		b.Write(text)
	}
	return b.String(), nil
}

// Table is the units as the scripts read them: name, daemon, program and configuration file, one unit a line.
func (p Playbook) Table() string {
	var b strings.Builder
	for _, u := range p.Units {
		fmt.Fprintf(&b, "%s %s %s %s\n", u.Name, u.Daemon, u.Program, u.Config)
	}
	return b.String()
}

// Unit gives the unit of that name.
func (p Playbook) Unit(name string) (Unit, bool) {
	i := slices.IndexFunc(p.Units, func(u Unit) bool { return u.Name == name })
	if i < 0 {
		return Unit{}, false
	}
	return p.Units[i], true
}
