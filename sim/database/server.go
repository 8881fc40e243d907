package database

import (
	"cmp"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"kea-lockstep/internal/world"
)

// version is what the server calls itself.
const version = "11.8.6-MariaDB-simulated"

// Server is the database server of a fleet.
type Server struct {
	world    *world.World
	accounts map[string]string // passwords by user
	started  time.Time

	mu       sync.Mutex
	last     uint32
	sessions map[uint32]*Session
	most     int // sessions at once
	locks    map[string]*Session
	scratch  map[string]*world.Contents // databases beside the world's; nil: empty
	marks    map[string][2]string       // what the copies among them say of themselves: structure and sums
	catalogs map[string]*catalog
}

// New makes the server of a world's databases, for Kea's own account and an administrator's.
func New(w *world.World, accounts map[string]string) *Server {
	return &Server{
		world: w, accounts: accounts, started: time.Now(), last: 1000, sessions: map[uint32]*Session{}, locks: map[string]*Session{},
		scratch: map[string]*world.Contents{}, marks: map[string][2]string{}, catalogs: map[string]*catalog{},
	}
}

// Session is one client's connection.
type Session struct {
	server   *Server
	id       uint32
	user     string
	address  string // host:port of the client
	schema   string
	readOnly bool
	ended    func() // closes the connection
}

// Login begins a session. The errors are the server's own.
func (s *Server) Login(user, password, schema, address string) (*Session, error) {
	if want, known := s.accounts[user]; !known || want != password {
		return nil, denied(user, address)
	}
	s.mu.Lock()
	s.last++
	id := s.last
	s.mu.Unlock()
	return s.admit(id, user, schema, address)
}

func denied(user, address string) error {
	host, _, _ := strings.Cut(address, ":")
	return &Error{1045, "28000", fmt.Sprintf("Access denied for user '%s'@'%s' (using password: YES)", user, host)}
}

func (s *Server) admit(id uint32, user, schema, address string) (*Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := &Session{server: s, id: id, user: user, address: address}
	if schema != "" {
		if err := s.there(schema); err != nil {
			return nil, err
		}
		one.schema = schema
	}
	s.sessions[one.id] = one
	s.most = max(s.most, len(s.sessions))
	return one, nil
}

// Most gives how many sessions there were at once at most, Kea's not counted.
func (s *Server) Most() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most
}

// there says whether a database is.
func (s *Server) there(schema string) error {
	if _, ok := s.scratch[schema]; ok {
		return nil
	}
	if _, ok := s.world.Contents(schema); ok {
		return nil
	}
	return &Error{1049, "42000", fmt.Sprintf("Unknown database '%s'", schema)}
}

// Close ends a session: its locks go with it.
func (s *Session) Close() {
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	delete(s.server.sessions, s.id)
	maps.DeleteFunc(s.server.locks, func(_ string, holder *Session) bool { return holder == s })
}

func (s *Server) take(by *Session, name string) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	if holder := s.locks[name]; holder != nil && holder != by {
		return int64(0)
	}
	s.locks[name] = by
	return int64(1)
}

func (s *Server) holder(name string) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	if by := s.locks[name]; by != nil {
		return int64(by.id)
	}
	return nil
}

func (s *Server) letGo(by *Session, name string) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.locks[name] != by {
		return int64(0)
	}
	delete(s.locks, name)
	return int64(1)
}

// holds gives what a database holds; false where it is empty or not there.
func (s *Server) holds(schema string) (world.Contents, bool) {
	s.mu.Lock()
	c, aside := s.scratch[schema]
	s.mu.Unlock()
	if aside {
		if c == nil {
			return world.Contents{}, false
		}
		return *c, true
	}
	return s.world.Contents(schema)
}

func (s *Server) catalog(schema string) *catalog {
	c, ok := s.holds(schema)
	if !ok {
		return newCatalog(schema, nil)
	}
	key := fmt.Sprintf("%s %s %t", schema, c.Schema, c.Torn)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.catalogs[key] == nil {
		s.catalogs[key] = newCatalog(schema, structure(c))
	}
	return s.catalogs[key]
}

// table finds a table by its name.
func (s *Session) table(schema, name string) (*table, error) {
	missing := &Error{1146, "42S02", fmt.Sprintf("Table '%s.%s' doesn't exist", cmp.Or(schema, s.schema), name)}
	if strings.EqualFold(schema, "information_schema") {
		return s.information(strings.ToUpper(name), missing)
	}
	if s.schema == "" && schema == "" {
		return nil, &Error{1046, "3D000", "No database selected"}
	}
	of := cmp.Or(schema, s.schema)
	c, ok := s.server.holds(of)
	if !ok {
		return nil, missing
	}
	if said, whole := s.server.marked(of); whole && name == mark {
		return said, nil
	}
	known := s.server.catalog(of)
	if filled := known.rows[name]; filled != nil {
		return filled, nil
	}
	if !slices.ContainsFunc(known.tables["TABLES"].rows, func(row []any) bool { return row[1] == name }) {
		return nil, missing
	}
	switch name {
	case "schema_version":
		t := newTable("version", "minor")
		t.add(int64(c.Schema.Major), int64(c.Schema.Minor))
		return t, nil
	case "lease4":
		return s.leases(c.Leases, of), nil
	case "lease6":
		return newTable("valid_lifetime", "expire"), nil
	}
	return newTable(), nil
}

// leases are of ten minutes: those that were written since the simulator began, and before them older ones.
func (s *Session) leases(count int64, of string) *table {
	const lifetime = 600
	t := newTable("valid_lifetime", "expire")
	written := s.server.world.Written(of)
	for i := range count {
		expire := s.server.started.Unix()
		if newer := i - (count - int64(len(written))); newer >= 0 {
			expire = written[newer].Unix() + lifetime
		}
		t.add(int64(lifetime), expire)
	}
	return t
}

// information is information_schema: what is of a database is told of the session's own.
func (s *Session) information(name string, missing error) (*table, error) {
	switch name {
	case "PROCESSLIST":
		return s.server.processes(), nil
	case "SCHEMATA":
		t := newTable("SCHEMA_NAME")
		for _, one := range s.server.databases() {
			t.add(one)
		}
		return t, nil
	case "USER_PRIVILEGES":
		t := newTable("GRANTEE", "PRIVILEGE_TYPE")
		for user := range s.server.accounts {
			t.add("'"+user+"'@'%'", "PROCESS")
		}
		return t, nil
	case "GLOBAL_STATUS":
		t := newTable("VARIABLE_NAME", "VARIABLE_VALUE")
		for _, row := range s.server.status() {
			t.add(row[0], row[1])
		}
		return t, nil
	}
	if t := s.server.catalog(s.schema).tables[name]; t != nil {
		return t, nil
	}
	return nil, missing
}

func (s *Server) databases() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append(s.world.DatabaseNames(), slices.Sorted(maps.Keys(s.scratch))...)
}

// processes lists the sessions: the model's and those that are connected.
func (s *Server) processes() *table {
	t := newTable("ID", "USER", "HOST", "DB", "COMMAND", "TIME", "STATE")
	for _, schema := range s.world.DatabaseNames() {
		for _, c := range s.world.Clients(schema) {
			t.add(int64(c.ID), c.User, fmt.Sprintf("%s:%d", c.Address, c.Port), schema, "Sleep", int64(1), "")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(s.sessions)) {
		one := s.sessions[id]
		t.add(int64(id), one.user, one.address, orNull(one.schema), "Sleep", int64(0), "")
	}
	return t
}

func (s *Server) status() [][2]any {
	s.mu.Lock()
	count := len(s.sessions)
	s.mu.Unlock()
	for _, schema := range s.world.DatabaseNames() {
		count += len(s.world.Clients(schema))
	}
	return [][2]any{{"Threads_connected", int64(count)}, {"Uptime", int64(time.Since(s.started) / time.Second)}}
}

// checksum is that of one table: of lease4 it changes with every write.
func (s *Server) checksum(schema, name string) int64 {
	c, _ := s.holds(schema)
	said := name + c.Schema.String()
	if name == "lease4" {
		said = fmt.Sprint(name, c.Leases, c.Writes)
	}
	return int64(crc32.ChecksumIEEE([]byte(said)))
}
