package shell

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/expand"
)

// builtin is a command of the shell's own.
type builtin func(s *Shell, args []string) flow

func builtins() map[string]builtin {
	status := func(n int) func(*Shell, []string) flow {
		return func(s *Shell, _ []string) flow {
			s.status = n
			return flow{}
		}
	}
	return map[string]builtin{
		":": status(0), "true": status(0), "false": status(1),
		"[": (*Shell).bracket, "test": (*Shell).bracket,
		"break": loops(breaks), "continue": loops(continues), "return": ends(returns), "exit": ends(exits),
		"cd": (*Shell).cd, "command": (*Shell).which, "echo": (*Shell).echo, "eval": (*Shell).eval, "export": (*Shell).export,
		"printf": (*Shell).printf, "read": (*Shell).read, "set": (*Shell).options, "shift": (*Shell).shift, ".": (*Shell).source,
		"trap": (*Shell).trap, "umask": (*Shell).mask, "unset": (*Shell).unset,
	}
}

// wrong says that a command cannot be run as it stands, and ends the shell.
func (s *Shell) wrong(args []string, format string, a ...any) flow {
	s.say("sh: %s: %s", args[0], fmt.Sprintf(format, a...))
	s.status = 2
	return flow{kind: exits}
}

func loops(k kind) func(*Shell, []string) flow {
	return func(s *Shell, args []string) flow {
		s.status = 0
		n := 1
		if len(args) > 1 {
			n, _ = strconv.Atoi(args[1])
		}
		return flow{k, max(n, 1)}
	}
}

func ends(k kind) func(*Shell, []string) flow {
	return func(s *Shell, args []string) flow {
		if len(args) > 1 {
			n, err := strconv.Atoi(args[1])
			if err != nil {
				return s.wrong(args, "%q is no number", args[1])
			}
			s.status = n & 255
		}
		return flow{kind: k}
	}
}

func (s *Shell) cd(args []string) flow {
	if len(args) != 2 {
		return s.wrong(args, "the simulator wants one directory")
	}
	s.status = 0
	s.dir = path.Join("/", args[1])
	s.vars["PWD"] = variable{s.dir, true}
	return flow{}
}

// which is "command -v NAME".
func (s *Shell) which(args []string) flow {
	if len(args) != 3 || args[1] != "-v" {
		return s.wrong(args, "the simulator knows -v alone")
	}
	run, where := s.system.Program(args[2])
	_, own := s.own[args[2]]
	_, function := s.funcs[args[2]]
	s.status = 0
	switch {
	case own || function:
		fmt.Fprintln(writer(s.files[1]), args[2])
	case run != nil:
		fmt.Fprintln(writer(s.files[1]), where)
	default:
		s.status = 127
	}
	return flow{}
}

func (s *Shell) echo(args []string) flow {
	s.put(strings.Join(args[1:], " ") + "\n")
	return flow{}
}

// put writes to standard output.
func (s *Shell) put(text string) {
	s.status = 0
	if _, err := io.WriteString(writer(s.files[1]), text); err != nil {
		s.say("sh: write error: %v", err)
		s.status = 2
	}
}

func (s *Shell) printf(args []string) flow {
	if len(args) < 2 {
		return s.wrong(args, "no format")
	}
	var b strings.Builder
	for rest := args[2:]; ; {
		text, used, err := expand.Format(s.config(), args[1], rest)
		if err != nil {
			return s.wrong(args, "%v", err)
		}
		b.WriteString(text)
		if rest = rest[used:]; used == 0 || len(rest) == 0 {
			break
		}
	}
	s.put(b.String())
	return flow{}
}

func (s *Shell) eval(args []string) flow {
	s.status = 0
	return s.text(strings.Join(args[1:], " "), "eval")
}

func (s *Shell) source(args []string) flow {
	if len(args) != 2 {
		return s.wrong(args, "the simulator wants one file")
	}
	text, err := s.system.Disk().Read(args[1])
	if err != nil {
		return s.wrong(args, "%v", err)
	}
	s.status = 0
	s.depth++
	f := s.text(string(text), args[1])
	s.depth--
	if f.kind == returns {
		f = flow{}
	}
	return f
}

func (s *Shell) export(args []string) flow {
	for _, one := range args[1:] {
		name, value, given := strings.Cut(one, "=")
		if !given {
			value = s.vars[name].value
		}
		s.vars[name] = variable{value, true}
	}
	s.status = 0
	return flow{}
}

func (s *Shell) unset(args []string) flow {
	for _, name := range args[1:] {
		delete(s.vars, name)
	}
	s.status = 0
	return flow{}
}

func (s *Shell) set(name, value string) { s.vars[name] = variable{value, s.vars[name].exported} }

// options is "set": options, and arguments behind "--".
func (s *Shell) options(args []string) flow {
	s.status = 0
	for i, one := range args[1:] {
		switch {
		case one == "--":
			s.args = slices.Clone(args[i+2:])
			return flow{}
		case len(one) > 1 && (one[0] == '-' || one[0] == '+'):
			for _, letter := range one[1:] {
				switch letter {
				case 'e':
					s.errexit = one[0] == '-'
				case 'u':
					s.nounset = one[0] == '-'
				default:
					return s.wrong(args, "the simulator does not know the option %c", letter)
				}
			}
		default:
			s.args = slices.Clone(args[i+1:])
			return flow{}
		}
	}
	return flow{}
}

func (s *Shell) shift(args []string) flow {
	n := 1
	if len(args) > 1 {
		n, _ = strconv.Atoi(args[1])
	}
	if n > len(s.args) {
		return s.wrong(args, "can't shift that many")
	}
	s.args = s.args[n:]
	s.status = 0
	return flow{}
}

// trap keeps what is to be run at the end. Signals end a shell of the simulator without a word.
func (s *Shell) trap(args []string) flow {
	if len(args) < 3 {
		return s.wrong(args, "the simulator wants an action and signals")
	}
	s.status = 0
	for _, name := range args[2:] {
		switch name {
		case "EXIT", "0":
			s.atEnd = args[1]
			if args[1] == "-" {
				s.atEnd = ""
			}
		case "HUP", "INT", "TERM", "PIPE":
		default:
			return s.wrong(args, "the simulator does not know the signal %s", name)
		}
	}
	return flow{}
}

func (s *Shell) mask(args []string) flow {
	if len(args) != 2 {
		return s.wrong(args, "the simulator wants a mask")
	}
	n, err := strconv.ParseUint(args[1], 8, 9)
	if err != nil {
		return s.wrong(args, "%q is no mask", args[1])
	}
	s.umask, s.status = int(n), 0
	return flow{}
}

// read is "read -r NAME...".
func (s *Shell) read(args []string) flow {
	if len(args) < 3 || args[1] != "-r" {
		return s.wrong(args, "the simulator wants -r and names")
	}
	line, err := oneLine(reader(s.files[0]))
	names := args[2:]
	for i, value := range split(line, s.vars["IFS"].value, len(names)) {
		if names[i] != "_" {
			s.set(names[i], value)
		}
	}
	s.status = 0
	if err != nil {
		s.status = 1
	}
	return flow{}
}

func oneLine(r io.Reader) (string, error) {
	if from, ok := r.(liner); ok {
		return wholeLine(from)
	}
	var line []byte
	b := make([]byte, 1)
	for {
		if _, err := io.ReadFull(r, b); err != nil {
			return string(line), err
		}
		if b[0] == '\n' {
			return string(line), nil
		}
		line = append(line, b[0])
	}
}

func wholeLine(from liner) (string, error) {
	var line []byte
	b := make([]byte, 256)
	for {
		n, err := from.Line(b)
		line = append(line, b[:n]...)
		if n > 0 && b[n-1] == '\n' {
			return string(line[:len(line)-1]), nil
		}
		if err != nil {
			return string(line), err
		}
	}
}

// split gives a line's fields as "read" wants them: so many, the last with all that is left, what is missing empty.
func split(line, ifs string, most int) []string {
	fields := make([]string, 0, most)
	if ifs == "" {
		fields = append(fields, line)
	}
	rest := strings.Trim(line, ifs)
	for ifs != "" && len(fields) < most-1 && rest != "" {
		end := strings.IndexAny(rest, ifs)
		if end < 0 {
			break
		}
		fields = append(fields, rest[:end])
		rest = strings.TrimLeft(rest[end:], ifs)
	}
	if ifs != "" {
		fields = append(fields, rest)
	}
	for len(fields) < most {
		fields = append(fields, "")
	}
	return fields
}
