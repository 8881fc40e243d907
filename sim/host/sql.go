package host

import (
	"fmt"
	"io"
	"strings"
	"time"

	"kea-lockstep/sim/database"
	"kea-lockstep/sim/shell"
)

// login opens a session from this server, held by the process that calls.
func (h *Host) login(c *shell.Call, user, password, schema string) (*database.Session, func(), error) {
	unit := h.unitOf(c.PID)
	t, _, done := h.start(unit, c.Args)
	port, closed := h.connect(t.pid, t.name)
	s, err := h.base.Login(user, password, schema, fmt.Sprintf("%s:%d", h.Address(), port))
	end := func() {
		closed()
		done()
	}
	if err != nil {
		end()
		return nil, func() {}, err
	}
	return s, end, nil
}

// client reads the options of a client program, and its password, which comes on descriptor 3.
func (h *Host) client(c *shell.Call, known func(string) bool) (*database.Session, func(), int) {
	user, password, schema := "", "", ""
	for _, a := range c.Args[1:] {
		name, value, _ := strings.Cut(a, "=")
		switch {
		case name == "--defaults-extra-file" && value == "/dev/fd/3":
			text, err := io.ReadAll(c.Files[3].Reader())
			if err != nil {
				return nil, nil, c.Fail(1, "%v", err)
			}
			_, rest, _ := strings.Cut(string(text), `password="`)
			password, _, _ = strings.Cut(rest, "\"\n")
		case name == "--user":
			user = value
		case name == "--database":
			schema = value
		case name == "--host" || a == "--" || name == "--port" || known(a):
		case strings.HasPrefix(a, "-"):
			return nil, nil, c.Unknown("the option " + a)
		default:
			schema = a
		}
	}
	s, end, err := h.login(c, user, password, schema)
	if err != nil {
		fmt.Fprintln(c.Err(), err)
		return nil, nil, 1
	}
	return s, end, 0
}

// mariadb runs statements from standard input.
func (h *Host) mariadb(c *shell.Call) int {
	s, end, status := h.client(c, func(a string) bool {
		return a == "--batch" || a == "--raw" || a == "--skip-column-names" || strings.HasPrefix(a, "--init-command=")
	})
	if status != 0 {
		return status
	}
	defer end()
	defer s.Close()
	text, err := io.ReadAll(c.In())
	if err != nil {
		return c.Fail(1, "%v", err)
	}
	if strings.Contains(string(text), "RESTORE SCHEMA") {
		time.Sleep(h.all.Speed().Dump)
	}
	rows, err := s.Ask(string(text))
	for _, row := range rows {
		words := make([]string, len(row))
		for i, v := range row {
			words[i] = fmt.Sprint(v)
			if v == nil {
				words[i] = "NULL"
			}
		}
		fmt.Fprintln(c.Out(), strings.Join(words, "\t"))
	}
	if err != nil {
		fmt.Fprintln(c.Err(), err)
		return 1
	}
	return 0
}

// mariadbDump writes a dump.
func (h *Host) mariadbDump(c *shell.Call) int {
	options := "--no-data --skip-triggers --no-create-info --single-transaction --quick --routines --triggers --events --hex-blob --no-tablespaces --default-character-set=utf8mb4"
	of := database.DumpAll
	s, end, status := h.client(c, func(a string) bool {
		switch {
		case a == "--no-create-info":
			of = database.DumpTriggers
		case a == "--skip-triggers":
			of = database.DumpStructure
		}
		return strings.Contains(options+" ", a+" ")
	})
	if status != 0 {
		return status
	}
	defer end()
	defer s.Close()
	if h.fault("dump") {
		return c.Fail(3, "Got error: 2013: Lost connection to server during query (as was asked for)")
	}
	text, err := s.Dump(of)
	if err != nil {
		return c.Fail(2, "%v", err)
	}
	if of == database.DumpAll { // what has no rows takes no time
		time.Sleep(h.all.Speed().Dump)
	}
	fmt.Fprint(c.Out(), text)
	return 0
}
