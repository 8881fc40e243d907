package database

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A value is nil, an int64 or a string.
type expr interface{ eval(s *scope) (any, error) }

// scope is where names are looked up: a row of each table, and the rows of the group where there is one.
type scope struct {
	session *Session
	tables  []*table
	alias   []string
	row     [][]any
	group   [][][]any // rows of the group; nil outside of one
	outer   *scope
	once    map[*selection]any // values of the subqueries that ask for nothing of the rows around them
}

// table is a table's columns, in upper case, and rows.
type table struct {
	columns []string
	index   map[string]int
	rows    [][]any
}

func newTable(columns ...string) *table {
	t := &table{columns: columns, index: map[string]int{}}
	for i, name := range columns {
		t.index[strings.ToUpper(name)] = i
	}
	return t
}

func (t *table) add(values ...any) { t.rows = append(t.rows, values) }

type literal struct{ value any }

func (l literal) eval(*scope) (any, error) { return l.value, nil }

type column struct{ table, name string }

func (c column) eval(s *scope) (any, error) {
	for ; s != nil; s = s.outer {
		for i, t := range s.tables {
			if c.table != "" && !strings.EqualFold(c.table, s.alias[i]) {
				continue
			}
			if n, ok := t.index[c.name]; ok {
				if s.row == nil {
					return nil, nil // a group without rows
				}
				return s.row[i][n], nil
			}
		}
	}
	return nil, &Error{1054, "42S22", "Unknown column '" + c.name + "'"}
}

type subquery struct{ of *selection }

// eval answers a subquery: once for all rows where it can be answered without them.
func (q subquery) eval(s *scope) (any, error) {
	if v, known := s.once[q.of]; known {
		return v, nil
	}
	r, err := q.of.run(s.session, nil)
	alone := err == nil
	if !alone {
		r, err = q.of.run(s.session, s)
	}
	if err != nil {
		return nil, err
	}
	var v any
	if len(r.Rows) > 0 {
		v = r.Rows[0][0]
	}
	if alone && s.once != nil {
		s.once[q.of] = v
	}
	return v, nil
}

type call struct {
	name      string
	args      []expr
	order     []ordering
	separator string
}

func aggregate(e expr) bool {
	c, ok := e.(call)
	if !ok {
		return false
	}
	return slices.Contains([]string{"COUNT", "MIN", "MAX", "GROUP_CONCAT"}, c.name) || slices.ContainsFunc(c.args, aggregate)
}

func (c call) eval(s *scope) (any, error) {
	switch c.name {
	case "COUNT", "MIN", "MAX", "GROUP_CONCAT":
		return c.gather(s)
	case "AND", "OR":
		left, err := c.args[0].eval(s)
		if err != nil || truth(left) == (c.name == "OR") {
			return boolean(truth(left)), err
		}
		right, err := c.args[1].eval(s)
		return boolean(truth(right)), err
	}
	args := make([]any, len(c.args))
	for i, a := range c.args {
		var err error
		if args[i], err = a.eval(s); err != nil {
			return nil, err
		}
	}
	if compare, ok := comparisons[c.name]; ok && len(args) == 2 {
		if args[0] == nil || args[1] == nil {
			return nil, nil
		}
		return boolean(compare(order(args[0], args[1]))), nil
	}
	if f, ok := functions[c.name]; ok {
		return f(s.session, args)
	}
	return nil, &Error{1305, "42000", "FUNCTION " + c.name + " does not exist, or the simulator does not know it"}
}

// gather is what is counted or joined over the rows of a group.
func (c call) gather(s *scope) (any, error) {
	type item struct {
		value any
		by    []any
	}
	if c.name == "COUNT" && len(c.args) == 0 {
		return int64(len(s.group)), nil
	}
	var items []item
	for _, row := range s.group {
		inner := *s
		inner.row = row
		v, err := c.args[0].eval(&inner)
		if err != nil {
			return nil, err
		}
		one := item{value: v}
		for _, o := range c.order {
			by, err := o.by.eval(&inner)
			if err != nil {
				return nil, err
			}
			one.by = append(one.by, by)
		}
		if v != nil {
			items = append(items, one)
		}
	}
	slices.SortStableFunc(items, func(a, b item) int { return slices.CompareFunc(a.by, b.by, order) })
	if c.name == "COUNT" {
		return int64(len(items)), nil
	}
	if len(items) == 0 {
		return nil, nil
	}
	switch c.name {
	case "MIN":
		return slices.MinFunc(items, func(a, b item) int { return order(a.value, b.value) }).value, nil
	case "MAX":
		return slices.MaxFunc(items, func(a, b item) int { return order(a.value, b.value) }).value, nil
	}
	var parts []string
	for _, one := range items {
		parts = append(parts, text(one.value))
	}
	return strings.Join(parts, c.separator), nil
}

// order compares two values as the server does: as numbers where one is, else as texts in whatever case.
func order(a, b any) int {
	_, numberA := a.(int64)
	_, numberB := b.(int64)
	if numberA || numberB {
		return cmp.Compare(integer(a), integer(b))
	}
	return strings.Compare(strings.ToLower(text(a)), strings.ToLower(text(b)))
}

var comparisons = map[string]func(int) bool{
	"=": func(n int) bool { return n == 0 }, "<>": func(n int) bool { return n != 0 }, "!=": func(n int) bool { return n != 0 },
	"<": func(n int) bool { return n < 0 }, ">": func(n int) bool { return n > 0 },
	"<=": func(n int) bool { return n <= 0 }, ">=": func(n int) bool { return n >= 0 },
}

func truth(v any) bool { return integer(v) != 0 }

func boolean(yes bool) any {
	if yes {
		return int64(1)
	}
	return int64(0)
}

func text(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

func integer(v any) int64 {
	switch v := v.(type) {
	case int64:
		return v
	case string:
		n, _ := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
		return n
	}
	return 0
}

func unhex(digits string) (string, error) {
	b, err := hex.DecodeString(digits)
	if err != nil {
		return "", syntaxError("the number 0x%s", digits)
	}
	return string(b), nil
}
