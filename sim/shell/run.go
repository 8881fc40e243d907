package shell

import (
	"bytes"
	"maps"
	"path"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// kind is how a command goes on.
type kind int

const (
	goesOn kind = iota
	breaks
	continues
	returns
	exits
)

// flow is how a command goes on; times counts the loops that a break or continue leaves.
type flow struct {
	kind  kind
	times int
}

func (s *Shell) statements(list []*syntax.Stmt) flow {
	for _, one := range list {
		if s.ctx.Err() != nil {
			s.status = 143
			return flow{kind: exits}
		}
		if f := s.statement(one); f.kind != goesOn {
			return f
		}
	}
	return flow{}
}

func (s *Shell) statement(st *syntax.Stmt) flow {
	if st.Background || st.Coprocess {
		s.say("sh: the simulator runs nothing in the background")
		s.status = 2
		return flow{kind: exits}
	}
	if call, ok := st.Cmd.(*syntax.CallExpr); ok && len(call.Args) > 0 && call.Args[0].Lit() == "exec" {
		return s.exec(st, call)
	}
	before, ok := s.redirect(st.Redirs)
	if !ok {
		s.restore(before)
		s.status = 1
		return s.judge(st, flow{})
	}
	if st.Negated {
		s.tested++
	}
	f := s.command(st.Cmd)
	s.restore(before)
	if st.Negated {
		s.tested--
		s.status = map[bool]int{true: 1, false: 0}[s.status == 0]
		return f
	}
	return s.judge(st, f)
}

// judge ends the shell where "set -e" wants it: after what is no condition, and holds no commands that were judged before.
func (s *Shell) judge(st *syntax.Stmt, f flow) flow {
	if f.kind != goesOn || s.status == 0 || !s.errexit || s.tested > 0 {
		return f
	}
	switch c := st.Cmd.(type) {
	case *syntax.BinaryCmd:
		if c.Op != syntax.Pipe {
			return f
		}
	case *syntax.CallExpr, *syntax.Subshell, nil:
	default:
		return f
	}
	return flow{kind: exits}
}

func (s *Shell) command(c syntax.Command) flow {
	switch c := c.(type) {
	case nil:
		s.status = 0
		return flow{}
	case *syntax.CallExpr:
		return s.call(c)
	case *syntax.Block:
		return s.statements(c.Stmts)
	case *syntax.Subshell:
		child := s.fork()
		child.statements(c.Stmts)
		s.status = child.end()
		return flow{}
	case *syntax.IfClause:
		return s.branch(c)
	case *syntax.WhileClause:
		return s.while(c)
	case *syntax.ForClause:
		return s.each(c)
	case *syntax.CaseClause:
		return s.choose(c)
	case *syntax.FuncDecl:
		s.funcs[c.Name.Value] = c.Body
		s.status = 0
		return flow{}
	case *syntax.BinaryCmd:
		return s.two(c)
	}
	s.say("sh: the simulator does not know this kind of command: %T", c)
	s.status = 2
	return flow{kind: exits}
}

func (s *Shell) two(c *syntax.BinaryCmd) flow {
	if c.Op == syntax.Pipe {
		read, write := Pipe()
		left, right := s.fork(), s.fork()
		left.files[1].Close()
		left.files[1] = write
		right.files[0].Close()
		right.files[0] = read
		done := make(chan struct{})
		go func() {
			defer close(done)
			left.statement(c.X)
			left.end()
		}()
		right.statement(c.Y)
		s.status = right.end()
		<-done
		return flow{}
	}
	s.tested++
	f := s.statement(c.X)
	s.tested--
	if f.kind != goesOn || (s.status == 0) != (c.Op == syntax.AndStmt) {
		return f
	}
	return s.statement(c.Y)
}

// condition runs commands whose failure ends nothing.
func (s *Shell) condition(list []*syntax.Stmt) (bool, flow) {
	s.tested++
	f := s.statements(list)
	s.tested--
	return s.status == 0, f
}

func (s *Shell) branch(c *syntax.IfClause) flow {
	for ; c != nil; c = c.Else {
		if len(c.Cond) > 0 {
			yes, f := s.condition(c.Cond)
			if f.kind != goesOn {
				return f
			}
			if !yes {
				continue
			}
		}
		s.status = 0
		return s.statements(c.Then)
	}
	s.status = 0
	return flow{}
}

func (s *Shell) while(c *syntax.WhileClause) flow {
	last := 0
	for {
		yes, f := s.condition(c.Cond)
		if f.kind != goesOn || yes == c.Until {
			if stop, out := f.leave(); !stop {
				continue
			} else if out.kind != goesOn {
				return out
			}
			s.status = last
			return flow{}
		}
		f = s.statements(c.Do)
		last = s.status
		if f.kind != goesOn {
			if stop, out := f.leave(); stop {
				return out
			}
		}
	}
}

// leave says whether a loop ends, and how what is around it goes on.
func (f flow) leave() (stop bool, out flow) {
	if f.times > 1 && (f.kind == breaks || f.kind == continues) {
		return true, flow{f.kind, f.times - 1}
	}
	switch f.kind {
	case continues:
		return false, flow{}
	case breaks, goesOn:
		return true, flow{}
	}
	return true, f
}

func (s *Shell) each(c *syntax.ForClause) flow {
	loop, ok := c.Loop.(*syntax.WordIter)
	if !ok || c.Select {
		s.say("sh: the simulator does not know this kind of loop")
		s.status = 2
		return flow{kind: exits}
	}
	values := s.args
	if loop.InPos.IsValid() {
		if values, ok = s.fields(loop.Items); !ok {
			return flow{kind: exits}
		}
	}
	s.status = 0
	for _, value := range values {
		s.set(loop.Name.Value, value)
		if f := s.statements(c.Do); f.kind != goesOn {
			if stop, out := f.leave(); stop {
				return out
			}
		}
	}
	return flow{}
}

func (s *Shell) choose(c *syntax.CaseClause) flow {
	word, ok := s.word(c.Word)
	if !ok {
		return flow{kind: exits}
	}
	s.status = 0
	for _, item := range c.Items {
		for _, p := range item.Patterns {
			text, err := expand.Pattern(s.config(), p)
			if !s.expanded(err) {
				return flow{kind: exits}
			}
			if matches(text, word) {
				return s.statements(item.Stmts)
			}
		}
	}
	return flow{}
}

// call runs a simple command: assignments, a function, a command of the shell, or a program.
func (s *Shell) call(c *syntax.CallExpr) flow {
	s.substituted = 0
	args, ok := s.fields(c.Args)
	if !ok {
		return flow{kind: exits}
	}
	before := map[string]variable{}
	for _, a := range c.Assigns {
		value, ok := s.word(a.Value)
		if !ok {
			return flow{kind: exits}
		}
		before[a.Name.Value] = s.vars[a.Name.Value]
		s.vars[a.Name.Value] = variable{value, s.vars[a.Name.Value].exported || len(args) > 0}
	}
	if len(args) == 0 {
		s.status = s.substituted
		return flow{}
	}
	f := s.execute(args)
	for name, was := range before {
		if args[0] != "export" {
			s.vars[name] = was
			if was == (variable{}) {
				delete(s.vars, name)
			}
		}
	}
	return f
}

func (s *Shell) execute(args []string) flow {
	if body, ok := s.funcs[args[0]]; ok {
		outer := s.args
		s.args = args[1:]
		s.depth++
		f := s.statement(body)
		s.depth--
		s.args = outer
		if f.kind == returns {
			f = flow{}
		}
		return f
	}
	if own, ok := s.own[args[0]]; ok {
		return own(s, args)
	}
	s.status = s.program(args)
	return flow{}
}

// program runs a program, or a script that is a file.
func (s *Shell) program(args []string) int {
	run, _ := s.system.Program(args[0])
	if run == nil && strings.Contains(args[0], "/") {
		run = s.script(args[0])
	}
	if run == nil {
		s.say("sh: %s: not found (the simulator has no such program)", args[0])
		return 127
	}
	c := &Call{Ctx: s.ctx, Args: args, Dir: s.dir, Umask: s.umask, PID: s.pid, Env: map[string]string{}, Files: maps.Clone(s.files)}
	for name, v := range s.vars {
		if v.exported {
			c.Env[name] = v.value
		}
	}
	return run(c)
}

// script is a file with a shell's script in it; nil where it is none, or may not be run.
func (s *Shell) script(name string) Program {
	if !path.IsAbs(name) {
		name = path.Join(s.dir, name)
	}
	info, err := s.system.Disk().Stat(name, true)
	if err != nil || info.Mode&0o111 == 0 {
		return nil
	}
	text, err := s.system.Disk().Read(name)
	if err != nil || !bytes.HasPrefix(text, []byte("#!/bin/sh\n")) {
		return nil
	}
	return func(c *Call) int { return Script(s.system, c, string(text), c.Args[1:]) }
}

// Script runs a script as a process of its own, with the descriptors of who called it.
func Script(system System, c *Call, text string, args []string) int {
	files := map[int]*Stream{}
	for n, f := range c.Files {
		files[n] = f.Share()
	}
	return New(c.Ctx, system, Options{PID: c.PID, Name: c.Args[0], Args: args, Env: c.Env, Files: files}).Run(text)
}
