package shell

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/pattern"

	"kea-lockstep/sim/disk"
)

// environment is the shell's variables as expansions read and set them.
type environment struct{ s *Shell }

func (e environment) Get(name string) expand.Variable {
	text := func(v string) expand.Variable { return expand.Variable{Set: true, Kind: expand.String, Str: v} }
	switch name {
	case "@", "*":
		return expand.Variable{Set: true, Kind: expand.Indexed, List: e.s.args}
	case "#":
		return text(strconv.Itoa(len(e.s.args)))
	case "?":
		return text(strconv.Itoa(e.s.status))
	case "$":
		return text(strconv.Itoa(e.s.pid))
	case "0":
		return text(e.s.name)
	}
	if n, err := strconv.Atoi(name); err == nil {
		if n > len(e.s.args) {
			return expand.Variable{}
		}
		return text(e.s.args[n-1])
	}
	if v, ok := e.s.vars[name]; ok {
		return text(v.value)
	}
	return expand.Variable{}
}

func (e environment) Set(name string, v expand.Variable) error {
	e.s.set(name, v.String())
	return nil
}

func (e environment) Each(f func(string, expand.Variable) bool) {
	for name := range e.s.vars {
		if !f(name, e.Get(name)) {
			return
		}
	}
}

// entries reads a directory for file name patterns.
func (s *Shell) entries(name string) ([]fs.DirEntry, error) {
	if !path.IsAbs(name) {
		name = path.Join(s.dir, name)
	}
	list, err := s.system.Disk().List(name)
	all := make([]fs.DirEntry, len(list))
	for i, info := range list {
		all[i] = entry{info}
	}
	return all, err
}

type entry struct{ of disk.Info }

func (e entry) Name() string               { return e.of.Name }
func (e entry) IsDir() bool                { return e.of.Kind == disk.Dir }
func (e entry) Info() (fs.FileInfo, error) { return nil, fs.ErrInvalid }
func (e entry) Type() fs.FileMode {
	switch e.of.Kind {
	case disk.Dir:
		return fs.ModeDir
	case disk.Link:
		return fs.ModeSymlink
	case disk.Null:
		return fs.ModeDevice
	}
	return 0
}

// patterns are those that were compiled.
var patterns sync.Map

// matches holds a word against a pattern of the shell's.
func matches(text, word string) bool {
	known, ok := patterns.Load(text)
	if !ok {
		source, err := pattern.Regexp(text, pattern.EntireString)
		if err != nil {
			return text == word
		}
		known, _ = patterns.LoadOrStore(text, regexp.MustCompile(source))
	}
	compiled, _ := known.(*regexp.Regexp)
	return compiled.MatchString(word)
}

// bracket is "test" and "[".
func (s *Shell) bracket(args []string) flow {
	words := args[1:]
	if args[0] == "[" {
		if len(words) == 0 || words[len(words)-1] != "]" {
			return s.wrong(args, "missing ]")
		}
		words = words[:len(words)-1]
	}
	yes, err := s.test(words)
	if err != nil { // a wrong number is no end of the shell
		s.say("sh: %s: %v", args[0], err)
		s.status = 2
		return flow{}
	}
	s.status = map[bool]int{true: 0, false: 1}[yes]
	return flow{}
}

func (s *Shell) test(w []string) (bool, error) {
	switch len(w) {
	case 0:
		return false, nil
	case 1:
		return w[0] != "", nil
	case 2:
		if w[0] == "!" {
			return w[1] == "", nil
		}
		return s.unary(w[0], w[1])
	case 3:
		if w[0] == "!" {
			yes, err := s.test(w[1:])
			return !yes, err
		}
		return binary(w[0], w[1], w[2])
	}
	if w[0] == "!" {
		yes, err := s.test(w[1:])
		return !yes, err
	}
	return false, fmt.Errorf("the simulator does not know so long a test: %s", strings.Join(w, " "))
}

func (s *Shell) unary(op, word string) (bool, error) {
	switch op {
	case "-n":
		return word != "", nil
	case "-z":
		return word == "", nil
	}
	if word == "" {
		return false, nil
	}
	if !path.IsAbs(word) {
		word = path.Join(s.dir, word)
	}
	info, err := s.system.Disk().Stat(word, op != "-L")
	there := err == nil
	switch op {
	case "-e", "-r", "-w":
		return there, nil
	case "-f":
		return there && info.Kind == disk.File, nil
	case "-d":
		return there && info.Kind == disk.Dir, nil
	case "-c":
		return there && info.Kind == disk.Null, nil
	case "-L":
		return there && info.Kind == disk.Link, nil
	case "-s":
		return there && info.Size > 0, nil
	case "-x":
		return there && (info.Kind == disk.Dir || info.Mode&0o111 != 0), nil
	}
	return false, fmt.Errorf("the simulator does not know the test %s", op)
}

func binary(a, op, b string) (bool, error) {
	switch op {
	case "=":
		return a == b, nil
	case "!=":
		return a != b, nil
	}
	x, errX := strconv.ParseInt(strings.TrimSpace(a), 10, 64)
	y, errY := strconv.ParseInt(strings.TrimSpace(b), 10, 64)
	if errX != nil || errY != nil {
		return false, fmt.Errorf("illegal number: %s %s %s", a, op, b)
	}
	switch op {
	case "-eq":
		return x == y, nil
	case "-ne":
		return x != y, nil
	case "-lt":
		return x < y, nil
	case "-le":
		return x <= y, nil
	case "-gt":
		return x > y, nil
	case "-ge":
		return x >= y, nil
	}
	return false, fmt.Errorf("the simulator does not know the test %s", op)
}
