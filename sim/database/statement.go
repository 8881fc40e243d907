package database

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kea-lockstep/internal/kea"
	"kea-lockstep/internal/world"
)

// Query runs one statement.
func (s *Session) Query(sql string, params ...any) (*Result, error) {
	tokens, err := lex(sql)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens, params: params}
	if p.is("SET", "STATEMENT") {
		for p.at < len(tokens) && !p.is("FOR") {
			p.at++
		}
	}
	if p.peek().upper == "SELECT" {
		q, err := p.selection()
		if err != nil {
			return nil, err
		}
		if err := p.end(); err != nil {
			return nil, err
		}
		return s.server.catalog(s.schema).answer(sql, q, func() (*Result, error) { return q.run(s, nil) })
	}
	for _, one := range statements {
		if p.is(one.words...) {
			if one.writes && s.readOnly {
				return nil, &Error{1792, "25006", "Cannot execute statement in a READ ONLY transaction"}
			}
			return one.run(s, p)
		}
	}
	return nil, syntaxError("statements that begin as %q", firstWords(sql))
}

func firstWords(sql string) string {
	f := strings.Fields(sql)
	return strings.Join(f[:min(len(f), 4)], " ")
}

type statement struct {
	words  []string
	writes bool
	run    func(s *Session, p *parser) (*Result, error)
}

func words(text string) []string { return strings.Fields(text) }

// statements are those besides SELECT, by the words that they begin with; the first that fits is taken.
var statements = []statement{
	{words("SET SESSION TRANSACTION READ ONLY"), false, func(s *Session, _ *parser) (*Result, error) {
		s.readOnly = true
		return &Result{}, nil
	}},
	{words("SET"), false, set},
	{words("DO"), false, func(s *Session, p *parser) (*Result, error) {
		e, err := p.expr()
		if err == nil {
			_, err = e.eval(&scope{session: s})
		}
		return &Result{}, err
	}},
	{words("SHOW GLOBAL VARIABLES WHERE"), false, func(s *Session, p *parser) (*Result, error) { return show(s, p, variables()) }},
	{words("SHOW GLOBAL STATUS WHERE"), false, func(s *Session, p *parser) (*Result, error) { return show(s, p, s.server.status()) }},
	{words("SHOW ALL SLAVES STATUS"), false, func(*Session, *parser) (*Result, error) { return &Result{Columns: []string{"Connection_name"}}, nil }},
	{words("SHOW GRANTS"), false, grants},
	{words("CHECKSUM TABLE"), false, checksums},
	{words("KILL CONNECTION"), false, kill},
	{words("CREATE DATABASE"), true, create},
	{words("DROP DATABASE IF EXISTS"), true, drop},
	{words("DROP"), true, empty},
	{words("CREATE TABLE"), true, copied},
	{words("INSERT INTO"), true, putBack},
	{words("RESTORE SCHEMA"), true, restore},
}

// settable are the variables of a session that clients set; the model does not need them.
var settable = []string{"LOCK_WAIT_TIMEOUT", "WAIT_TIMEOUT", "SQL_MODE", "GROUP_CONCAT_MAX_LEN", "NAMES", "FOREIGN_KEY_CHECKS", "SESSION"}

func set(_ *Session, p *parser) (*Result, error) {
	if name := p.peek().upper; !slices.Contains(settable, name) {
		return nil, &Error{1193, "HY000", "Unknown system variable '" + name + "', or the simulator does not know it"}
	}
	return &Result{}, nil
}

func variables() [][2]any {
	return [][2]any{
		{"version", version}, {"version_comment", "the simulator of kea-lockstep"}, {"server_uid", "c2ltdWxhdGVkIGZsZWV0IG9mIGtlYQ="},
		{"hostname", "db"}, {"port", "3306"}, {"server_id", "1"}, {"datadir", "/var/lib/mysql/"}, {"read_only", "OFF"},
		{"lower_case_table_names", "0"}, {"wsrep_on", "OFF"}, {"lock_wait_timeout", "86400"}, {"time_zone", "SYSTEM"},
		{"system_time_zone", "UTC"}, {"max_connections", "1000"}, {"log_bin", "OFF"}, {"log_bin_trust_function_creators", "OFF"},
		{"max_allowed_packet", "16777216"}, {"gtid_binlog_pos", ""},
	}
}

func show(s *Session, p *parser, rows [][2]any) (*Result, error) {
	where, err := p.expr()
	if err != nil {
		return nil, err
	}
	t := newTable("Variable_name", "Value")
	r := &Result{Columns: t.columns}
	for _, row := range rows {
		ok, err := holds(where, &scope{session: s, tables: []*table{t}, alias: []string{""}, row: [][]any{{row[0], row[1]}}})
		if err != nil {
			return nil, err
		}
		if ok {
			r.Rows = append(r.Rows, []any{row[0], fmt.Sprint(row[1])})
		}
	}
	return r, nil
}

func grants(s *Session, _ *parser) (*Result, error) {
	r := &Result{Columns: []string{"Grants for " + s.user + "@%"}}
	if s.user != "kea" {
		r.Rows = [][]any{{"GRANT ALL PRIVILEGES ON *.* TO `" + s.user + "`@`%`"}}
		return r, nil
	}
	r.Rows = append(r.Rows, []any{"GRANT PROCESS ON *.* TO `kea`@`%`"})
	for _, name := range s.server.world.DatabaseNames() {
		r.Rows = append(r.Rows, []any{"GRANT ALL PRIVILEGES ON `" + name + "`.* TO `kea`@`%`"})
	}
	return r, nil
}

func checksums(s *Session, p *parser) (*Result, error) {
	r := &Result{Columns: []string{"Table", "Checksum"}}
	for {
		name, err := p.name()
		if err != nil {
			return nil, err
		}
		if _, err := s.table("", name); err != nil {
			return nil, err
		}
		r.Rows = append(r.Rows, []any{s.schema + "." + name, s.server.checksum(s.schema, name)})
		if !p.is(",") {
			return r, p.end()
		}
	}
}

func kill(s *Session, p *parser) (*Result, error) {
	id, _ := strconv.ParseUint(p.peek().text, 10, 32)
	s.server.mu.Lock()
	one := s.server.sessions[uint32(id)]
	var end func()
	if one != nil {
		end = one.ended
	}
	s.server.mu.Unlock()
	if one == nil {
		return nil, &Error{1094, "HY000", fmt.Sprintf("Unknown thread id: %d", id)}
	}
	if end != nil {
		end()
	}
	return &Result{}, nil
}

func create(s *Session, p *parser) (*Result, error) {
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	switch {
	case s.user == "kea":
		return nil, &Error{1044, "42000", "Access denied for user 'kea'@'%' to database '" + name + "'"}
	case s.server.there(name) == nil:
		return nil, &Error{1007, "HY000", "Can't create database '" + name + "'; database exists"}
	}
	s.server.scratch[name] = nil
	return &Result{}, nil
}

func drop(s *Session, p *parser) (*Result, error) {
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	if slices.Contains(s.server.world.DatabaseNames(), name) {
		return nil, &Error{1044, "42000", "the simulator drops no database of Kea's"}
	}
	delete(s.server.scratch, name)
	delete(s.server.marks, name)
	return &Result{}, nil
}

// empty drops a table or routine. The model knows no half of a database: from the first one on it is torn and holds no leases.
func empty(s *Session, p *parser) (*Result, error) {
	if kind := p.peek().upper; !slices.Contains([]string{"TABLE", "VIEW", "PROCEDURE", "FUNCTION", "EVENT"}, kind) {
		return nil, syntaxError("DROP %s", kind)
	}
	c, ok := s.server.holds(s.schema)
	if ok && !c.Torn {
		c.Torn, c.Leases = true, 0
		s.fill(&c)
	}
	return &Result{}, nil
}

func (s *Session) fill(c *world.Contents) {
	s.server.mu.Lock()
	_, aside := s.server.scratch[s.schema]
	if aside {
		s.server.scratch[s.schema] = c
	}
	s.server.mu.Unlock()
	if !aside {
		s.server.world.Fill(s.schema, *c)
	}
}

// restore is what a dump consists of: RESTORE SCHEMA 22 2 TORN 0 WRITES 7 LEASES 400.
func restore(s *Session, p *parser) (*Result, error) {
	var n [5]int64
	for i, word := range []string{"", "", "TORN", "WRITES", "LEASES"} {
		if word != "" {
			if err := p.want(word); err != nil {
				return nil, err
			}
		}
		var err error
		if n[i], err = strconv.ParseInt(p.peek().text, 10, 64); err != nil {
			return nil, syntaxError("a number is wanted near %q", p.peek().text)
		}
		p.at++
	}
	if s.schema == "" {
		return nil, &Error{1046, "3D000", "No database selected"}
	}
	s.fill(&world.Contents{Schema: kea.Schema{Major: int(n[0]), Minor: int(n[1])}, Torn: n[2] != 0, Writes: int(n[3]), Leases: n[4]})
	return &Result{}, p.end()
}

// Dumping is what of a database a dump has.
type Dumping int

// What a dump has: all, the structure without rows, or what acts on rows alone.
const (
	DumpAll Dumping = iota
	DumpStructure
	DumpTriggers
)

// Dump is what mariadb-dump would write of the session's database, with statements that this server reads.
func (s *Session) Dump(of Dumping) (string, error) {
	c, ok := s.server.holds(s.schema)
	if !ok {
		return "", s.server.there(s.schema)
	}
	const end = "-- Dump completed\n"
	switch of {
	case DumpStructure:
		c.Leases = 0
	case DumpTriggers: // the model's tables have none
		return end, nil
	}
	torn := 0
	if c.Torn {
		torn = 1
	}
	return fmt.Sprintf("-- MariaDB dump, simulated: of a database of the model, for its own server alone\n--\n"+
		"RESTORE SCHEMA %d %d TORN %d WRITES %d LEASES %d;\n"+end, c.Schema.Major, c.Schema.Minor, torn, c.Writes, c.Leases), nil
}

// Script runs statements that end with semicolons, up to the first error.
func (s *Session) Script(text string) error {
	_, err := s.Ask(text)
	return err
}

// Ask runs statements and gives all their rows.
func (s *Session) Ask(text string) ([][]any, error) {
	var rows [][]any
	for _, one := range apart(text) {
		r, err := s.Query(one)
		if err != nil {
			return rows, err
		}
		rows = append(rows, r.Rows...)
	}
	return rows, nil
}

// apart takes statements apart at semicolons outside of quotes; lines of comment alone are left out.
func apart(text string) []string {
	var all []string
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "--") {
			b.WriteString(line)
		}
	}
	rest := b.String()
	for begin, i := 0, 0; i <= len(rest); i++ {
		switch {
		case i == len(rest) || rest[i] == ';':
			if one := strings.TrimSpace(rest[begin:i]); one != "" {
				all = append(all, one)
			}
			begin = i + 1
		case strings.IndexByte("'\"`", rest[i]) >= 0:
			if _, n, err := quoted(rest[i:]); err == nil {
				i += n - 1
			}
		}
	}
	return all
}
