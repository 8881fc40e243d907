package database

import (
	"fmt"
	"strings"
	"time"

	"kea-lockstep/internal/kea"
)

// Schema gives the schema that a database is at, Kea's or a scratch one; false where it is empty or not there.
func (s *Server) Schema(name string) (kea.Schema, bool) {
	c, ok := s.holds(name)
	return c.Schema, ok
}

// Climb migrates a scratch database, in about that time. It is torn meanwhile, and gone where somebody drops it.
func (s *Server) Climb(name string, to kea.Schema, takes time.Duration) error {
	move := func(torn bool) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		c := s.scratch[name]
		if c == nil {
			return fmt.Errorf("%s is no scratch database with a schema", name)
		}
		moved := *c
		if moved.Torn = torn; !torn {
			moved.Schema = to
		}
		s.scratch[name] = &moved
		return nil
	}
	if err := move(true); err != nil {
		return err
	}
	time.Sleep(takes)
	return move(false)
}

// mark is the table by which a copy within the server says that it is whole.
const mark = "kea_lockstep_copy"

// copied is CREATE TABLE name.table ENGINE=InnoDB AS SELECT: the model copies the whole database with the first table, and knows no keys.
func copied(s *Session, p *parser) (*Result, error) {
	into, table, err := qualified(p)
	if err != nil {
		return nil, err
	}
	s.server.mu.Lock()
	_, aside := s.server.scratch[into]
	s.server.mu.Unlock()
	if !aside {
		return nil, &Error{1142, "42000", "CREATE command denied to user '" + s.user + "'@'%' for table '" + table + "'"}
	}
	for p.at < len(p.tokens) && !p.is("AS", "SELECT") {
		p.at++
	}
	if table == mark {
		structure := p.peek().text
		for p.at < len(p.tokens) && !p.is(",") {
			p.at++
		}
		s.server.mu.Lock()
		s.server.marks[into] = [2]string{structure, p.peek().text}
		s.server.mu.Unlock()
		return &Result{}, nil
	}
	c, ok := s.server.holds(s.schema)
	if !ok {
		return nil, s.server.there(s.schema)
	}
	s.server.mu.Lock()
	s.server.scratch[into] = &c
	s.server.mu.Unlock()
	return &Result{}, nil
}

// putBack is INSERT INTO table (columns) SELECT columns FROM name.table: the rows of the whole database come with the first.
func putBack(s *Session, p *parser) (*Result, error) {
	for p.at < len(p.tokens) && !p.is("FROM") {
		p.at++
	}
	from, _, err := qualified(p)
	if err != nil {
		return nil, err
	}
	rows, ok := s.server.holds(from)
	c, here := s.server.holds(s.schema)
	if !ok || !here {
		return nil, &Error{1146, "42S02", "Table '" + from + ".lease4' doesn't exist"}
	}
	if c.Writes, c.Leases = rows.Writes, rows.Leases; !strings.HasPrefix(s.schema, "kea_lockstep_") {
		s.fill(&c)
	}
	return &Result{}, nil
}

func qualified(p *parser) (schema, table string, err error) {
	if schema, err = p.name(); err != nil {
		return "", "", err
	}
	if err = p.want("."); err != nil {
		return "", "", err
	}
	table, err = p.name()
	return schema, table, err
}

// marked is the mark of a copy, if it has one.
func (s *Server) marked(schema string) (*table, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	said, ok := s.marks[schema]
	t := newTable("structure", "sums")
	t.add(said[0], said[1])
	return t, ok
}
