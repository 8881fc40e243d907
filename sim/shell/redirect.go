package shell

import (
	"os"
	"strconv"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// exec replaces the shell, or with redirections alone changes its own descriptors.
func (s *Shell) exec(st *syntax.Stmt, c *syntax.CallExpr) flow {
	before, ok := s.redirect(st.Redirs)
	if !ok {
		s.status = 1
		return flow{kind: exits}
	}
	for _, was := range before {
		if was != nil {
			was.Close()
		}
	}
	args, ok := s.fields(c.Args[1:])
	if !ok {
		return flow{kind: exits}
	}
	s.status = 0
	if len(args) == 0 {
		return flow{}
	}
	s.status = s.program(args)
	return flow{kind: exits}
}

// redirect sets descriptors, and gives what they were before.
func (s *Shell) redirect(list []*syntax.Redirect) (before map[int]*Stream, ok bool) {
	before = map[int]*Stream{}
	for _, r := range list {
		n, to, ok := s.target(r)
		if !ok {
			return before, false
		}
		if _, kept := before[n]; !kept {
			before[n] = s.files[n]
		} else if s.files[n] != nil {
			s.files[n].Close()
		}
		if to == nil {
			delete(s.files, n)
		} else {
			s.files[n] = to
		}
	}
	return before, true
}

// restore puts descriptors back.
func (s *Shell) restore(before map[int]*Stream) {
	for n, was := range before {
		if now := s.files[n]; now != nil && now != was {
			now.Close()
		}
		if was == nil {
			delete(s.files, n)
		} else {
			s.files[n] = was
		}
	}
}

// target gives the descriptor that a redirection is about, and what it refers to from now on; nil closes it.
func (s *Shell) target(r *syntax.Redirect) (n int, to *Stream, ok bool) {
	flags := map[syntax.RedirOperator]int{
		syntax.RdrIn: os.O_RDONLY, syntax.RdrOut: os.O_WRONLY | os.O_CREATE | os.O_TRUNC, syntax.ClbOut: os.O_WRONLY | os.O_CREATE | os.O_TRUNC,
		syntax.AppOut: os.O_WRONLY | os.O_CREATE | os.O_APPEND, syntax.RdrInOut: os.O_RDWR | os.O_CREATE,
	}
	if r.Op != syntax.RdrIn && r.Op != syntax.DplIn && r.Op != syntax.Hdoc && r.Op != syntax.DashHdoc && r.Op != syntax.RdrInOut {
		n = 1
	}
	if r.N != nil {
		n, _ = strconv.Atoi(r.N.Value)
	}
	if r.Op == syntax.Hdoc || r.Op == syntax.DashHdoc {
		text, err := expand.Document(s.config(), r.Hdoc)
		return n, From(&document{text}), s.expanded(err)
	}
	word, ok := s.word(r.Word)
	if !ok {
		return n, nil, false
	}
	if r.Op == syntax.DplIn || r.Op == syntax.DplOut {
		other, err := strconv.Atoi(word)
		if word == "-" {
			return n, nil, true
		}
		if err != nil || s.files[other] == nil {
			s.say("sh: %s: bad file descriptor", word)
			return n, nil, false
		}
		return n, s.files[other].Share(), true
	}
	flag, known := flags[r.Op]
	if !known {
		s.say("sh: the simulator does not know the redirection %s", r.Op)
		return n, nil, false
	}
	file, err := s.open(word, flag)
	if err != nil {
		s.say("sh: cannot open %s: %v", word, err)
		return n, nil, false
	}
	return n, file, true
}
