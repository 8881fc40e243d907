package playbooks

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"mvdan.cc/sh/v3/syntax"
)

// FileError is a playbook of the operator's own, or a script of one, that cannot be used, and where in it.
type FileError struct {
	Path         string
	Line, Column int // from 1; 0 where the file as a whole is meant
	Message      string
}

// Error is "path:line:column: message".
func (e *FileError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.Path, e.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.Path, e.Line, e.Column, e.Message)
}

// ours marks a script that lies beside the operator's own playbook; without it a piece is one of this program's.
const ours = "./"

var ownName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,39}$`)

// LoadFile reads a playbook of the operator's own. It extends one of this program's: what it names replaces that, an action or a kind of
// database by its name, anything else whole. Its name in a plan has the digest of its text and of its scripts. An error that lies in a text
// is a *FileError.
func LoadFile(file string) (Playbook, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return Playbook{}, fmt.Errorf("reading a playbook: %w", err)
	}
	o := own{file: file, scripts: map[string]string{}}
	p, err := o.playbook(text)
	if err != nil {
		return Playbook{}, err
	}
	sum := sha256.New()
	sum.Write(text)
	for _, piece := range slices.Sorted(maps.Keys(o.scripts)) {
		fmt.Fprintf(sum, "%s %d\n%s", piece, len(o.scripts[piece]), o.scripts[piece])
	}
	p.Name += " sha256:" + hex.EncodeToString(sum.Sum(nil)[:6])
	p.own = o.scripts
	return p, nil
}

// own is such a playbook as it is read.
type own struct {
	file    string
	tree    *ast.File
	scripts map[string]string // the texts beside it, by their pieces
}

func (o *own) playbook(text []byte) (Playbook, error) {
	var err error
	if o.tree, err = parser.ParseBytes(text, 0); err != nil {
		return Playbook{}, o.located(err)
	}
	if len(o.tree.Docs) != 1 || o.tree.Docs[0].Body == nil {
		return Playbook{}, &FileError{Path: o.file, Message: "a playbook is one YAML document with name and extends"}
	}
	for _, tag := range ast.Filter(ast.TagType, o.tree.Docs[0].Body) { // the YAML reader panics over some
		at := tag.GetToken().Position
		return Playbook{}, &FileError{Path: o.file, Line: at.Line, Column: at.Column, Message: "tags (!) mean nothing in a playbook"}
	}
	var head struct {
		Extends string `yaml:"extends"`
	}
	if err := yaml.NodeToValue(o.tree.Docs[0].Body, &head); err != nil {
		return Playbook{}, o.located(err)
	}
	base, err := read(head.Extends)
	if err != nil {
		return Playbook{}, o.at("$.extends", "extends names a playbook to begin with; there are: %s", strings.Join(Names(), ", "))
	}
	said := base.extension()
	if err := yaml.NodeToValue(o.tree.Docs[0].Body, &said, yaml.Strict()); err != nil {
		return Playbook{}, o.located(err)
	}
	said.Playbook = said.filled()
	if err := o.check(said.Playbook, base); err != nil {
		return Playbook{}, err
	}
	p := said.over(base)
	return p, o.wholeScripts(p)
}

// over gives a table with another's entries in the place of its own.
func over[V any](table, entries map[string]V) map[string]V {
	all := map[string]V{}
	maps.Copy(all, table)
	maps.Copy(all, entries)
	return all
}

func engines(base, said map[string]Engine) map[string]Engine {
	all := over(base, nil)
	for name, e := range said {
		of := all[name]
		for _, word := range []struct {
			to   *string
			from string
		}{
			{&of.Client, e.Client}, {&of.Dumper, e.Dumper}, {&of.Loader, e.Loader}, {&of.Socket, e.Socket}, {&of.Directories, e.Directories}, {&of.Package, e.Package},
		} {
			if word.from != "" {
				*word.to = word.from
			}
		}
		of.Actions = over(of.Actions, e.Actions)
		all[name] = of
	}
	return all
}

// check finds what is wrong in what it says itself.
func (o *own) check(p, base Playbook) error {
	switch {
	case !ownName.MatchString(p.Name):
		return o.at("$.name", "a playbook needs a name of small letters, digits, dots and dashes")
	case slices.Contains(Names(), p.Name):
		return o.at("$.name", "%s is a playbook of this program: choose another name", p.Name)
	case !filepath.IsAbs(p.State):
		return o.at("$.state", "state is a directory on a server, as an absolute path")
	case !filepath.IsAbs(p.Prefix) || p.Prefix != filepath.Clean(p.Prefix):
		return o.at("$.prefix", "prefix is a directory on a server, as an absolute path without a slash at its end")
	case p.Keactrl != "" && !filepath.IsAbs(p.Keactrl):
		return o.at("$.keactrl", "keactrl is a file on a server, as an absolute path")
	}
	for i, u := range p.Units {
		if u.Name == "" || u.Daemon == "" || !filepath.IsAbs(u.Program) || !filepath.IsAbs(u.Config) {
			return o.at(fmt.Sprintf("$.units[%d]", i), "a unit has name, daemon, and program and config as absolute paths")
		}
	}
	if err := o.actions("$.actions", p.Actions, base.Actions); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(p.Engines)) {
		if _, ok := base.Engines[name]; !ok {
			return o.at("$.engines."+name, "engines are %s", listed(base.Engines))
		}
		if err := o.actions("$.engines."+name+".actions", p.Engines[name].Actions, base.Engines[name].Actions); err != nil {
			return err
		}
	}
	return nil
}

// actions wants each action to be one that a run asks for, and reads the scripts that lie beside the playbook.
func (o *own) actions(place string, said, known map[string][]string) error {
	for _, action := range slices.Sorted(maps.Keys(said)) {
		if _, ok := known[action]; !ok {
			return o.at(place+"."+action, "no run asks for %s; actions are %s", action, listed(known))
		}
		if len(said[action]) == 0 {
			return o.at(place+"."+action, "an action is a list of scripts")
		}
		for i, piece := range said[action] {
			at := fmt.Sprintf("%s.%s[%d]", place, action, i)
			if !strings.HasPrefix(piece, ours) {
				if _, err := files.ReadFile(piece); err != nil {
					return o.at(at, "%s is no script of this program; one beside this file begins with ./", piece)
				}
				continue
			}
			text, err := os.ReadFile(filepath.Join(filepath.Dir(o.file), piece))
			if err != nil {
				return o.at(at, "the script cannot be read: %v", err)
			}
			o.scripts[piece] = string(text)
		}
	}
	return nil
}

// wholeScripts wants each script that has a part of the operator's own to be POSIX shell that stops where a command fails.
func (o *own) wholeScripts(p Playbook) error {
	tables := map[string]map[string][]string{"$.actions": p.Actions}
	for name, e := range p.Engines {
		tables["$.engines."+name+".actions"] = e.Actions
	}
	for _, place := range slices.Sorted(maps.Keys(tables)) {
		for _, action := range slices.Sorted(maps.Keys(tables[place])) {
			pieces := tables[place][action]
			i := slices.IndexFunc(pieces, func(piece string) bool { return o.scripts[piece] != "" })
			if i < 0 {
				continue
			}
			for _, piece := range pieces {
				if err := o.posix(piece); err != nil {
					return err
				}
			}
			whole, err := joined(pieces, o.scripts)
			if err != nil {
				return err
			}
			if !strings.Contains("\n"+whole, "\nset -eu\n") {
				return o.at(fmt.Sprintf("%s.%s[%d]", place, action, i), "the script needs a line \"set -eu\": one that goes on after a failed command does harm")
			}
		}
	}
	return nil
}

func (o *own) posix(piece string) error {
	text, ok := o.scripts[piece]
	if !ok {
		return nil
	}
	_, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(text), "")
	path := filepath.Join(filepath.Dir(o.file), piece)
	var parse syntax.ParseError
	var dialect syntax.LangError
	switch {
	case errors.As(err, &parse):
		return &FileError{Path: path, Line: int(parse.Pos.Line()), Column: int(parse.Pos.Col()), Message: parse.Text}
	case errors.As(err, &dialect):
		return &FileError{Path: path, Line: int(dialect.Pos.Line()), Column: int(dialect.Pos.Col()), Message: "this is no POSIX shell: " + dialect.Error()}
	case err != nil:
		return &FileError{Path: path, Message: err.Error()}
	}
	return nil
}

// at is an error at a place of the file, a YAML path, or of what should hold it.
func (o *own) at(place, format string, args ...any) error {
	e := &FileError{Path: o.file, Line: 1, Column: 1, Message: fmt.Sprintf(format, args...)}
	for ; place != "$" && place != ""; place = place[:max(0, strings.LastIndexAny(place, ".["))] {
		at, err := yaml.PathString(place)
		if err != nil {
			continue
		}
		if node, err := at.FilterFile(o.tree); err == nil && node != nil {
			position := node.GetToken().Position
			e.Line, e.Column = position.Line, position.Column
			break
		}
	}
	return e
}

// located gives an error of the YAML reader its place.
func (o *own) located(err error) error {
	var theirs yaml.Error
	if !errors.As(err, &theirs) || theirs.GetToken() == nil {
		return &FileError{Path: o.file, Message: "this is no playbook"}
	}
	at := theirs.GetToken().Position
	return &FileError{Path: o.file, Line: at.Line, Column: at.Column, Message: theirs.GetMessage()}
}

func listed[V any](table map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(table)), ", ")
}
