package database

import (
	"fmt"
	"slices"
	"strings"
)

// Result is what a statement answers.
type Result struct {
	Columns []string
	Rows    [][]any
}

// run answers a selection.
func (q *selection) run(s *Session, outer *scope) (*Result, error) {
	base := &scope{session: s, outer: outer, once: map[*selection]any{}}
	for _, f := range q.from {
		t, err := s.table(f.schema, f.table)
		if err != nil {
			return nil, err
		}
		base.tables, base.alias = append(base.tables, t), append(base.alias, f.alias)
	}
	rows, err := q.rows(base)
	if err != nil {
		return nil, err
	}
	scopes := q.scopes(base, rows)
	if len(q.group) > 0 || slices.ContainsFunc(q.fields, func(f field) bool { return f.of != nil && aggregate(f.of) }) {
		if scopes, err = q.groups(base, rows); err != nil {
			return nil, err
		}
	}
	result, keys, err := q.project(base, scopes)
	if err != nil {
		return nil, err
	}
	if q.union != nil {
		more, err := q.union.run(s, outer)
		if err != nil {
			return nil, err
		}
		result.unite(more, q.all)
		keys = nil
	}
	return result, q.sort(result, keys)
}

// rows gives the combinations of the tables' rows that fit.
func (q *selection) rows(base *scope) ([][][]any, error) {
	all := [][][]any{nil}
	if len(q.from) == 0 {
		all = [][][]any{{}}
	}
	for i, f := range q.from {
		var next [][][]any
		in := *base
		in.tables, in.alias = base.tables[:i+1], base.alias[:i+1]
		for _, before := range all {
			for _, row := range base.tables[i].rows {
				if !f.fits(base.tables, before, row, i) {
					continue
				}
				in.row = append(slices.Clip(before), row)
				if ok, err := holds(f.on, &in); err != nil {
					return nil, err
				} else if ok {
					next = append(next, in.row)
				}
			}
		}
		all = next
	}
	var kept [][][]any
	for _, row := range all {
		in := *base
		in.row = row
		ok, err := holds(q.where, &in)
		if err != nil {
			return nil, err
		}
		if ok {
			kept = append(kept, row)
		}
	}
	return kept, nil
}

// fits holds a row against those before it by the columns of USING.
func (f source) fits(tables []*table, before [][]any, row []any, at int) bool {
	for _, name := range f.using {
		for i := range before {
			n, ok := tables[i].index[name]
			if ok && before[i][n] != row[tables[at].index[name]] {
				return false
			}
		}
	}
	return true
}

func holds(e expr, s *scope) (bool, error) {
	if e == nil {
		return true, nil
	}
	v, err := e.eval(s)
	return truth(v), err
}

func (q *selection) scopes(base *scope, rows [][][]any) []*scope {
	all := make([]*scope, len(rows))
	for i, row := range rows {
		one := *base
		one.row = row
		all[i] = &one
	}
	return all
}

func (q *selection) groups(base *scope, rows [][][]any) ([]*scope, error) {
	var all []*scope
	byKey := map[string]*scope{}
	if len(q.group) == 0 {
		one := *base
		one.group = rows
		if len(rows) > 0 {
			one.row = rows[0]
		}
		return []*scope{&one}, nil
	}
	for _, row := range rows {
		in := *base
		in.row = row
		key := ""
		for _, e := range q.group {
			v, err := e.eval(&in)
			if err != nil {
				return nil, err
			}
			key += fmt.Sprintf("%T %v\x00", v, v)
		}
		if byKey[key] == nil {
			byKey[key] = &in
			all = append(all, &in)
		}
		byKey[key].group = append(byKey[key].group, row)
	}
	return all, nil
}

// project gives the fields, and what each row is sorted by.
func (q *selection) project(base *scope, scopes []*scope) (*Result, [][]any, error) {
	r := &Result{}
	for _, f := range q.fields {
		if f.of == nil {
			for _, t := range base.tables {
				r.Columns = append(r.Columns, t.columns...)
			}
			continue
		}
		name := f.alias
		if c, ok := f.of.(column); ok && name == "" {
			name = c.name
		}
		r.Columns = append(r.Columns, name)
	}
	var keys [][]any
	for _, s := range scopes {
		var row, key []any
		for _, f := range q.fields {
			if f.of == nil {
				for _, part := range s.row {
					row = append(row, part...)
				}
				continue
			}
			v, err := f.of.eval(s)
			if err != nil {
				return nil, nil, err
			}
			row = append(row, v)
		}
		for _, o := range q.order {
			v, err := q.key(o, s, row)
			if err != nil {
				return nil, nil, err
			}
			key = append(key, v)
		}
		r.Rows, keys = append(r.Rows, row), append(keys, key)
	}
	return r, keys, nil
}

// key is what a row is sorted by: a column of the result by its number or alias, or an expression.
func (q *selection) key(o ordering, s *scope, row []any) (any, error) {
	if l, ok := o.by.(literal); ok {
		if n := integer(l.value); n >= 1 && n <= int64(len(row)) {
			return row[n-1], nil
		}
	}
	if c, ok := o.by.(column); ok {
		for i, f := range q.fields {
			if f.alias != "" && strings.EqualFold(f.alias, c.name) {
				return row[i], nil
			}
		}
	}
	return o.by.eval(s)
}

func (q *selection) sort(r *Result, keys [][]any) error {
	if len(q.order) > 0 && keys == nil { // a union is sorted by a column's number
		for _, row := range r.Rows {
			v, err := q.key(q.order[0], &scope{}, row)
			if err != nil {
				return err
			}
			keys = append(keys, []any{v})
		}
	}
	if len(q.order) > 0 {
		places := make([]int, len(r.Rows))
		for i := range places {
			places[i] = i
		}
		slices.SortStableFunc(places, func(a, b int) int {
			for i, o := range q.order {
				if i < len(keys[a]) {
					n := order(keys[a][i], keys[b][i])
					if o.descending {
						n = -n
					}
					if n != 0 {
						return n
					}
				}
			}
			return 0
		})
		sorted := make([][]any, len(places))
		for i, from := range places {
			sorted[i] = r.Rows[from]
		}
		r.Rows = sorted
	}
	if q.limit >= 0 && len(r.Rows) > q.limit {
		r.Rows = r.Rows[:q.limit]
	}
	return nil
}

// unite adds more rows; what is there twice goes, unless all is wanted.
func (r *Result) unite(more *Result, all bool) {
	rows := append(slices.Clip(r.Rows), more.Rows...)
	if !all {
		seen := map[string]bool{}
		rows = slices.DeleteFunc(rows, func(row []any) bool {
			key := fmt.Sprintf("%#v", row)
			twice := seen[key]
			seen[key] = true
			return twice
		})
	}
	r.Rows = rows
}
