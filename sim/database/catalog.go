package database

import (
	_ "embed"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"kea-lockstep/dbcheck"
	"kea-lockstep/internal/kea"
	"kea-lockstep/internal/world"
)

//go:embed bodies.sql
var bodiesFile string

// bodies are the bodies of routines and triggers by their hash.
var bodies = sync.OnceValue(func() map[string]string {
	all := map[string]string{}
	for _, one := range strings.Split(bodiesFile, "\n-- sha256:")[1:] {
		hash, body, _ := strings.Cut(one, "\n")
		all[hash] = strings.TrimSuffix(body, "\n")
	}
	return all
})

var references = sync.OnceValues(dbcheck.LoadReferences)

// structure gives the objects of a schema. One that is torn has half of what the next step changes, or lacks an index where that
// step changes nothing.
func structure(c world.Contents) dbcheck.Structure {
	known, err := references()
	if err != nil {
		return nil
	}
	at := func(s kea.Schema) dbcheck.Structure {
		is, _ := known.Structure(dbcheck.MySQL, dbcheck.Version{Major: s.Major, Minor: s.Minor})
		return is
	}
	is := at(c.Schema)
	if !c.Torn || is == nil {
		return is
	}
	is = maps.Clone(is)
	next := at(kea.Schema{Major: c.Schema.Major + 1})
	changes := dbcheck.Compare(next, is)
	if next == nil || len(changes) < 2 {
		delete(is, "index lease4.PRIMARY")
		return is
	}
	for _, d := range changes[:len(changes)/2] {
		if d.Kind == dbcheck.Missing {
			delete(is, d.Object)
		} else {
			is[d.Object] = d.Have
		}
	}
	return is
}

// catalog is information_schema about one database, and the rows of the tables that Kea's scripts fill.
type catalog struct {
	tables map[string]*table // by their upper case names
	rows   map[string]*table
	// answered are questions about the catalog alone: hundreds of servers ask the same.
	answered sync.Map
}

// answer gives the answer to a question, and remembers it where it is about the catalog alone.
func (c *catalog) answer(sql string, q *selection, ask func() (*Result, error)) (*Result, error) {
	for _, f := range q.from {
		if c.tables[strings.ToUpper(f.table)] == nil || !strings.EqualFold(f.schema, "information_schema") {
			return ask()
		}
	}
	if len(q.from) == 0 || q.union != nil {
		return ask()
	}
	if known, ok := c.answered.Load(sql); ok {
		r, _ := known.(*Result)
		return r, nil
	}
	r, err := ask()
	if err == nil {
		c.answered.Store(sql, r)
	}
	return r, err
}

var columnIs = regexp.MustCompile(`^(.*?)( not null)?(?: default (.*?))?(?: (auto_increment|on update current_timestamp|stored generated|virtual generated))?(?: as (.*))?$`)

func newCatalog(schema string, is dbcheck.Structure) *catalog {
	c := &catalog{rows: map[string]*table{}, tables: map[string]*table{
		"TABLES": newTable("TABLE_SCHEMA", "TABLE_NAME", "TABLE_TYPE", "ENGINE", "TABLE_ROWS", "DATA_LENGTH", "INDEX_LENGTH", "UPDATE_TIME"),
		"COLUMNS": newTable("TABLE_SCHEMA", "TABLE_NAME", "COLUMN_NAME", "COLUMN_TYPE", "IS_NULLABLE", "COLUMN_DEFAULT", "EXTRA",
			"GENERATION_EXPRESSION", "ORDINAL_POSITION"),
		"STATISTICS": newTable("TABLE_SCHEMA", "TABLE_NAME", "INDEX_NAME", "NON_UNIQUE", "INDEX_TYPE", "COLUMN_NAME", "SUB_PART", "SEQ_IN_INDEX"),
		"KEY_COLUMN_USAGE": newTable("CONSTRAINT_SCHEMA", "TABLE_SCHEMA", "TABLE_NAME", "CONSTRAINT_NAME", "COLUMN_NAME", "ORDINAL_POSITION", "REFERENCED_TABLE_NAME",
			"REFERENCED_COLUMN_NAME"),
		"REFERENTIAL_CONSTRAINTS": newTable("CONSTRAINT_SCHEMA", "TABLE_NAME", "CONSTRAINT_NAME", "UPDATE_RULE", "DELETE_RULE"),
		"ROUTINES":                newTable("ROUTINE_SCHEMA", "ROUTINE_NAME", "SPECIFIC_NAME", "ROUTINE_TYPE", "DTD_IDENTIFIER", "ROUTINE_DEFINITION", "DEFINER"),
		"PARAMETERS": newTable("SPECIFIC_SCHEMA", "SPECIFIC_NAME", "ROUTINE_TYPE", "ORDINAL_POSITION", "PARAMETER_MODE", "PARAMETER_NAME",
			"DTD_IDENTIFIER"),
		"TRIGGERS": newTable("TRIGGER_SCHEMA", "TRIGGER_NAME", "ACTION_TIMING", "EVENT_MANIPULATION", "EVENT_OBJECT_TABLE", "ACTION_STATEMENT", "DEFINER"),
		"VIEWS":    newTable("TABLE_SCHEMA", "TABLE_NAME", "VIEW_DEFINITION", "DEFINER"),
		"EVENTS":   newTable("EVENT_SCHEMA", "EVENT_NAME", "STATUS", "EVENT_DEFINITION", "DEFINER"),
	}}
	for _, object := range slices.Sorted(maps.Keys(is)) {
		kind, name, _ := strings.Cut(object, " ")
		if kind == "foreign" {
			name = strings.TrimPrefix(name, "key ")
		}
		c.add(schema, kind, name, is[object])
	}
	return c
}

// add adds what one object of a structure is made of.
func (c *catalog) add(schema, kind, name, is string) {
	of, part, _ := strings.Cut(name, ".")
	switch kind {
	case "table":
		c.tables["TABLES"].add(schema, name, "BASE TABLE", is, int64(0), int64(16384), int64(16384), nil)
	case "rows":
		c.rows[name] = contents(is)
	case "column":
		m := columnIs.FindStringSubmatch(is)
		nullable := "YES"
		if m[2] != "" {
			nullable = "NO"
		}
		c.tables["COLUMNS"].add(schema, of, part, m[1], nullable, orNull(m[3]), m[4], m[5], int64(len(c.tables["COLUMNS"].rows)+1))
	case "index":
		rest, unique := strings.CutPrefix(is, "unique ")
		with, columns, _ := strings.Cut(strings.TrimSuffix(rest, ")"), " (")
		for i, one := range strings.Split(columns, ",") {
			column, length, partly := strings.Cut(strings.TrimSuffix(one, ")"), "(")
			var sub any
			if partly {
				sub = length
			}
			c.tables["STATISTICS"].add(schema, of, part, boolean(!unique), with, column, sub, int64(i+1))
		}
	case "foreign":
		c.foreign(schema, of, part, is)
	case "procedure", "function":
		c.routine(schema, strings.ToUpper(kind), name, is)
	case "trigger":
		f := strings.Fields(is) // AFTER DELETE on TABLE sha256:...
		c.tables["TRIGGERS"].add(schema, name, f[0], f[1], f[3], body(f[4]), "kea@%")
	}
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func body(hash string) string { return bodies()[strings.TrimPrefix(hash, "sha256:")] }

var foreignIs = regexp.MustCompile(`^\((.*)\) references (\S+) \((.*)\) on update (.*) on delete (.*)$`)

func (c *catalog) foreign(schema, of, name, is string) {
	m := foreignIs.FindStringSubmatch(is)
	theirs := strings.Split(m[3], ",")
	for i, ours := range strings.Split(m[1], ",") {
		c.tables["KEY_COLUMN_USAGE"].add(schema, schema, of, name, ours, int64(i+1), m[2], theirs[i])
	}
	c.tables["REFERENTIAL_CONSTRAINTS"].add(schema, of, name, m[4], m[5])
}

var routineIs = regexp.MustCompile(`^\((.*)\)(?: (.*))? (sha256:\S+)$`)

func (c *catalog) routine(schema, kind, name, is string) {
	m := routineIs.FindStringSubmatch(is)
	c.tables["ROUTINES"].add(schema, name, name, kind, orNull(m[2]), body(m[3]), "kea@%")
	if m[1] == "" {
		return
	}
	for i, one := range strings.Split(m[1], ", ") {
		f := strings.SplitN(one, " ", 3)
		c.tables["PARAMETERS"].add(schema, name, kind, int64(i+1), f[0], f[1], f[2])
	}
}

// contents reads rows as dbcheck writes them: quoted values, rows apart by commas.
func contents(is string) *table {
	var rows [][]any
	width := 0
	for _, row := range strings.Split(is, ", \"") {
		var values []any
		for _, v := range strings.Split(strings.Trim(row, `"`), `" "`) {
			if n, err := strconv.ParseInt(v, 10, 64); err == nil {
				values = append(values, n)
			} else {
				values = append(values, v)
			}
		}
		rows = append(rows, values)
		width = max(width, len(values))
	}
	t := newTable([]string{"id", "name", "more", "most"}[:width]...)
	t.rows = rows
	return t
}
