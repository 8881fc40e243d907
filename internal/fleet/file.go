package fleet

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"kea-lockstep/internal/kea"
)

// File is the fleet file: the servers the operator named, and what is not
// found by looking. Paths in it are absolute, defaults are filled in. It holds
// no password, only where to find one.
type File struct {
	Path string `yaml:"-" jsonschema:"-"`

	Version   int              `yaml:"version" jsonschema:"required,enum=1" jsonschema_description:"The version of this format."`
	Target    kea.Version      `yaml:"target,omitempty" jsonschema_description:"The Kea version to reach, unless --to names one."`
	Canary    []string         `yaml:"canary,omitempty" jsonschema_description:"Servers that go first, at most one per group; else each group's first."`
	Servers   []ServerEntry    `yaml:"servers" jsonschema:"required,minItems=1" jsonschema_description:"The servers of the fleet."`
	SSH       SSHSettings      `yaml:"ssh,omitempty" jsonschema_description:"What ssh does not find by itself."`
	Databases []DatabaseEntry  `yaml:"databases,omitempty" jsonschema_description:"Databases for which the account in the Kea configuration is not enough."`
	Sessions  Sessions         `yaml:"sessions,omitempty" jsonschema_description:"Database clients that are no Kea."`
	Backup    Backup           `yaml:"backup,omitempty" jsonschema_description:"How databases are backed up before the migration."`
	Confirm   Confirm          `yaml:"confirm,omitempty" jsonschema_description:"When a started server counts as serving."`
	Parallel  int              `yaml:"parallel,omitempty" jsonschema:"minimum=1,maximum=1000,default=20" jsonschema_description:"How many servers are worked on at once."`
	Without   []kea.DaemonKind `yaml:"without,omitempty" jsonschema:"enum=kea-ctrl-agent" jsonschema_description:"Daemons that servers may lose on the way: the packages of the target have none."`
	Notify    []Listener       `yaml:"notify,omitempty" jsonschema_description:"Who is told how a run goes: at start, stop, point of no return, failure and end."`
}

// FileError is a fleet file that cannot be used, and where in it.
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

// LoadFile reads and checks a fleet file. An error that lies in its text is a
// *FileError; the text of a value never stands in one, since it may be a
// secret in the wrong place.
func LoadFile(path string) (File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return File{}, fmt.Errorf("reading the fleet file: %w", err)
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return File{}, fmt.Errorf("finding the fleet file's directory: %w", err)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		home = "" // then a path that begins with ~/ is refused
	}
	f, err := ParseFile(path, text)
	if err != nil {
		return File{}, err
	}
	if err := f.resolve(filepath.Dir(absolute), home); err != nil {
		return File{}, err
	}
	return f, nil
}

// ParseFile reads and checks the text of a fleet file and leaves paths as
// they are written. The path is for messages.
func ParseFile(path string, text []byte) (File, error) {
	tree, err := parser.ParseBytes(text, 0)
	if err != nil {
		return File{}, inFile(path, err)
	}
	if len(tree.Docs) != 1 || tree.Docs[0].Body == nil || tree.Docs[0].Body.Type() == ast.NullType {
		return File{}, &FileError{Path: path, Message: "a fleet file is one YAML document with version and servers"}
	}
	for _, tag := range ast.Filter(ast.TagType, tree.Docs[0].Body) { // the YAML reader panics over some
		err := fail(tag, "tags (!) mean nothing in a fleet file")
		err.Path = path
		return File{}, err
	}
	if p := checkScalars(tree); p != nil {
		return File{}, p.at(path, tree)
	}
	f := defaultFile()
	f.Path = path
	if err := yaml.NodeToValue(tree.Docs[0].Body, &f, yaml.Strict()); err != nil {
		return File{}, inFile(path, err)
	}
	f.fillIn()
	if p := f.check(); p != nil {
		return File{}, p.at(path, tree)
	}
	return f, nil
}

func defaultFile() File {
	return File{
		Backup:   Backup{Method: BackupDump, Directory: "/var/backups/kea-lockstep"},
		Confirm:  Confirm{Settle: 2 * time.Second},
		Parallel: 20,
	}
}

// fillIn completes what has a default that depends on another value.
func (f *File) fillIn() {
	for i := range f.Servers {
		if f.Servers[i].SSH == "" {
			f.Servers[i].SSH = f.Servers[i].Name
		}
	}
}

// inFile gives an error of the YAML reader its place, in one line.
func inFile(path string, err error) error {
	var ours *FileError
	if errors.As(err, &ours) {
		ours.Path = path
		return ours
	}
	var theirs yaml.Error
	if !errors.As(err, &theirs) || theirs.GetToken() == nil {
		return &FileError{Path: path, Message: "this is no fleet file"}
	}
	at := theirs.GetToken().Position
	return &FileError{Path: path, Line: at.Line, Column: at.Column, Message: message(theirs)}
}

// message says what is wrong in words of this program where the reader's own
// speak of Go or may repeat a value.
func message(err yaml.Error) string {
	var mistyped *yaml.TypeError
	var overflow *yaml.OverflowError
	switch {
	case errors.As(err, &mistyped), errors.As(err, &overflow):
		return "a value of another kind is needed here"
	default:
		return err.GetMessage()
	}
}

// fail makes an error at a node, for the types that read themselves.
func fail(node ast.Node, format string, args ...any) *FileError {
	at := node.GetToken().Position
	return &FileError{Line: at.Line, Column: at.Column, Message: fmt.Sprintf(format, args...)}
}
