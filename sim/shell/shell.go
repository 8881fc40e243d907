package shell

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"strings"
	"sync"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"

	"kea-lockstep/sim/disk"
)

// System is the server that a shell runs on.
type System interface {
	Disk() *disk.Disk
	// Program finds a program by its name, with the path that it has; nil where there is none.
	Program(name string) (Program, string)
}

// Program is a program: it gives its exit status.
type Program func(c *Call) int

// Call is one call of a program.
type Call struct {
	Ctx   context.Context // ended where the process is killed
	Args  []string        // the first is its name
	Env   map[string]string
	Dir   string
	Umask int
	Files map[int]*Stream
	PID   int // of the shell that called it
}

// In, Out and Err are the standard streams.
func (c *Call) In() io.Reader  { return reader(c.Files[0]) }
func (c *Call) Out() io.Writer { return writer(c.Files[1]) }
func (c *Call) Err() io.Writer { return writer(c.Files[2]) }

// Fail says on the error stream what failed, and gives the status.
func (c *Call) Fail(status int, format string, args ...any) int {
	fmt.Fprintf(c.Err(), "%s: %s\n", path.Base(c.Args[0]), fmt.Sprintf(format, args...))
	return status
}

// Unknown says that the simulator does not know an option or a use of the program.
func (c *Call) Unknown(what string) int {
	return c.Fail(2, "the simulator does not know %s here (in: %s)", what, strings.Join(c.Args, " "))
}

// Path makes a path absolute.
func (c *Call) Path(name string) string {
	if path.IsAbs(name) {
		return path.Clean(name)
	}
	return path.Join(c.Dir, name)
}

type variable struct {
	value    string
	exported bool
}

// Shell is one shell, or a subshell.
type Shell struct {
	system System
	ctx    context.Context
	pid    int
	name   string // $0
	vars   map[string]variable
	funcs  map[string]*syntax.Stmt
	own    map[string]builtin
	args   []string
	files  map[int]*Stream
	dir    string
	umask  int
	status int

	errexit, nounset bool
	tested           int    // above 0 where a failure is a condition and ends nothing
	substituted      int    // status of the last command substitution
	atEnd            string // trap on EXIT
	depth            int    // of functions and sourced files
}

// Options of a new shell. Files are its descriptors, which it closes at its end.
type Options struct {
	PID   int
	Name  string
	Args  []string
	Env   map[string]string
	Files map[int]*Stream
}

// New makes a shell.
func New(ctx context.Context, system System, o Options) *Shell {
	s := &Shell{
		system: system, ctx: ctx, pid: o.PID, name: o.Name, args: o.Args, files: o.Files, dir: "/", umask: 0o022,
		vars: map[string]variable{"IFS": {value: " \t\n"}, "PWD": {value: "/", exported: true}}, funcs: map[string]*syntax.Stmt{},
		own: builtins(),
	}
	for name, value := range o.Env {
		s.vars[name] = variable{value, true}
	}
	return s
}

// fork makes a subshell: what it changes is its own, its descriptors are shared.
func (s *Shell) fork() *Shell {
	child := *s
	child.vars, child.funcs, child.files = maps.Clone(s.vars), maps.Clone(s.funcs), map[int]*Stream{}
	for n, f := range s.files {
		child.files[n] = f.Share()
	}
	child.atEnd, child.depth = "", 0
	return &child
}

// end runs what is to be run at the end, and closes the descriptors.
func (s *Shell) end() int {
	if last := s.atEnd; last != "" && s.ctx.Err() == nil {
		s.atEnd = ""
		status := s.status
		s.tested = 0
		if f := s.text(last, "trap"); f.kind != exits {
			s.status = status
		}
	}
	for _, f := range s.files {
		f.Close()
	}
	return s.status
}

// Run runs a whole script and gives its status.
func (s *Shell) Run(script string) int {
	s.text(script, s.name)
	return s.end()
}

// Follow runs commands as they come on standard input, as "sh -s" does: each as soon as it is whole, so that a command can read
// what comes behind it.
func (s *Shell) Follow() int {
	parser := syntax.NewParser(syntax.Variant(syntax.LangPOSIX))
	err := parser.Interactive(&lines{from: reader(s.files[0])}, func(statements []*syntax.Stmt) bool {
		if parser.Incomplete() {
			return s.ctx.Err() == nil
		}
		return s.statements(statements).kind == goesOn && s.ctx.Err() == nil
	})
	if err != nil {
		s.say("sh: %v", err)
		s.status = 2
	}
	return s.end()
}

// lines gives at most a line for each reading, and takes no byte behind it.
type lines struct{ from io.Reader }

func (l *lines) Read(p []byte) (int, error) {
	if from, ok := l.from.(liner); ok {
		return from.Line(p)
	}
	for n := range p {
		if _, err := io.ReadFull(l.from, p[n:n+1]); err != nil {
			return n, err
		}
		if p[n] == '\n' {
			return n + 1, nil
		}
	}
	return len(p), nil
}

// parsed are scripts that were parsed: hundreds of servers run the same. Nothing changes a syntax tree.
var parsed sync.Map

func parse(script, name string) (*syntax.File, error) {
	if known, ok := parsed.Load(script); ok {
		file, _ := known.(*syntax.File)
		return file, nil
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(script), name)
	if err == nil {
		parsed.Store(script, file)
	}
	return file, err
}

// text parses and runs commands in this shell.
func (s *Shell) text(script, name string) flow {
	file, err := parse(script, name)
	if err != nil {
		s.say("sh: %v", err)
		s.status = 2
		return flow{kind: exits}
	}
	return s.statements(file.Stmts)
}

func (s *Shell) say(format string, args ...any) {
	fmt.Fprintf(writer(s.files[2]), format+"\n", args...)
}

// config is how words are expanded in this shell.
func (s *Shell) config() *expand.Config {
	return &expand.Config{
		Env: environment{s}, CmdSubst: s.substitute, NoUnset: s.nounset,
		ReadDir2: s.entries,
	}
}

// substitute runs "$(...)".
func (s *Shell) substitute(w io.Writer, c *syntax.CmdSubst) error {
	child := s.fork()
	var out bytes.Buffer
	child.files[1].Close()
	child.files[1] = To(&out)
	child.statements(c.Stmts)
	s.substituted = child.end()
	_, err := w.Write(out.Bytes())
	return err
}

// fields expands words as the arguments of a command.
func (s *Shell) fields(words []*syntax.Word) ([]string, bool) {
	fields := make([]string, 0, len(words))
	for _, w := range words {
		if text, ok := s.plain(w); ok {
			fields = append(fields, text)
			continue
		}
		more, err := expand.Fields(s.config(), w)
		if !s.expanded(err) {
			return nil, false
		}
		fields = append(fields, more...)
	}
	return fields, true
}

func (s *Shell) word(w *syntax.Word) (string, bool) {
	if w == nil {
		return "", true
	}
	if text, ok := s.plain(w); ok {
		return text, true
	}
	text, err := expand.Literal(s.config(), &syntax.Word{Parts: unescaped(w.Parts)})
	return text, s.expanded(err)
}

// unescaped writes characters behind a backslash as quoted ones: expand.Literal leaves the backslash where it is.
func unescaped(parts []syntax.WordPart) []syntax.WordPart {
	var all []syntax.WordPart
	for _, part := range parts {
		lit, ok := part.(*syntax.Lit)
		if !ok {
			all = append(all, part)
			continue
		}
		rest := lit.Value
		for {
			before, after, found := strings.Cut(rest, `\`)
			if before != "" {
				all = append(all, &syntax.Lit{Value: before})
			}
			if !found || after == "" {
				break
			}
			all = append(all, &syntax.SglQuoted{Value: after[:1]})
			rest = after[1:]
		}
	}
	return all
}

// expanded says what was wrong with an expansion; it ends the shell.
func (s *Shell) expanded(err error) bool {
	if err == nil {
		return true
	}
	unset, ok := errors.AsType[expand.UnsetParameterError](err)
	if ok {
		s.say("sh: %s: parameter not set", unset.Node.Param.Value)
	} else {
		s.say("sh: %v", err)
	}
	s.status = 2
	return false
}

// open opens a file for a descriptor.
func (s *Shell) open(name string, flag int) (*Stream, error) {
	if !path.IsAbs(name) {
		name = path.Join(s.dir, name)
	}
	o, err := s.system.Disk().Open(name, flag, os.FileMode(0o666&^s.umask)) //nolint:gosec // a mode has nine bits
	if err != nil {
		return nil, err
	}
	return OfFile(o), nil
}
