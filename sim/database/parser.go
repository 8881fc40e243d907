package database

import (
	"slices"
	"strconv"
	"strings"
)

// selection is a SELECT, with those that are united with it.
type selection struct {
	fields []field
	from   []source
	where  expr
	group  []expr
	order  []ordering
	limit  int
	union  *selection
	all    bool // the union keeps what is there twice
}

type field struct {
	of    expr // nil: *
	alias string
}

type ordering struct {
	by         expr
	descending bool
}

// source is a table of FROM, and how it is joined with those before.
type source struct {
	schema, table, alias string
	on                   expr
	using                []string
}

type parser struct {
	tokens []token
	params []any
	at     int
}

func (p *parser) peek() token {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return token{}
}

// is takes the words that come next, if they are these.
func (p *parser) is(words ...string) bool {
	for i, w := range words {
		if p.at+i >= len(p.tokens) || p.tokens[p.at+i].upper != w {
			return false
		}
	}
	p.at += len(words)
	return true
}

func (p *parser) want(word string) error {
	if !p.is(word) {
		return syntaxError("%s is wanted near %q", word, p.peek().text)
	}
	return nil
}

func (p *parser) name() (string, error) {
	t := p.peek()
	if t.kind != 'w' && t.kind != 'n' {
		return "", syntaxError("a name is wanted near %q", t.text)
	}
	p.at++
	return t.text, nil
}

func (p *parser) end() error {
	p.is(";")
	if p.at < len(p.tokens) {
		return syntaxError("what comes near %q", p.peek().text)
	}
	return nil
}

func (p *parser) selection() (*selection, error) {
	if err := p.want("SELECT"); err != nil {
		return nil, err
	}
	s := &selection{limit: -1}
	for {
		f, err := p.field()
		if err != nil {
			return nil, err
		}
		if s.fields = append(s.fields, f); !p.is(",") {
			break
		}
	}
	if p.is("FROM") {
		if err := p.from(s); err != nil {
			return nil, err
		}
	}
	if err := p.rest(s); err != nil {
		return nil, err
	}
	if p.is("UNION") {
		s.all = p.is("ALL")
		next, err := p.selection()
		if err != nil {
			return nil, err
		}
		s.union = next
		s.order, next.order = next.order, nil
	}
	return s, nil
}

func (p *parser) field() (f field, err error) {
	if p.is("*") {
		return field{}, nil
	}
	if f.of, err = p.expr(); err != nil {
		return f, err
	}
	if p.is("AS") {
		f.alias, err = p.name()
	}
	return f, err
}

func (p *parser) from(s *selection) error {
	for {
		var one source
		name, err := p.name()
		if err != nil {
			return err
		}
		if one.table = name; p.is(".") {
			one.schema = name
			if one.table, err = p.name(); err != nil {
				return err
			}
		}
		one.alias = one.table
		if t := p.peek(); t.kind == 'n' || t.kind == 'w' && !slices.Contains(reserved, t.upper) {
			one.alias = t.text
			p.at++
		}
		if err := p.joined(&one); err != nil {
			return err
		}
		if s.from = append(s.from, one); !p.is("JOIN") {
			return nil
		}
	}
}

// reserved are the words that end a table's name.
var reserved = []string{"WHERE", "JOIN", "ON", "USING", "GROUP", "ORDER", "LIMIT", "UNION"}

func (p *parser) joined(one *source) (err error) {
	if p.is("ON") {
		one.on, err = p.expr()
		return err
	}
	if !p.is("USING") {
		return nil
	}
	if err := p.want("("); err != nil {
		return err
	}
	for {
		name, err := p.name()
		if err != nil {
			return err
		}
		if one.using = append(one.using, strings.ToUpper(name)); !p.is(",") {
			return p.want(")")
		}
	}
}

func (p *parser) rest(s *selection) (err error) {
	if p.is("WHERE") {
		if s.where, err = p.expr(); err != nil {
			return err
		}
	}
	if p.is("GROUP", "BY") {
		if s.group, err = p.list(); err != nil {
			return err
		}
	}
	if s.order, err = p.ordered(); err != nil {
		return err
	}
	if p.is("LIMIT") {
		s.limit, err = strconv.Atoi(p.peek().text)
		p.at++
	}
	return err
}

func (p *parser) ordered() ([]ordering, error) {
	if !p.is("ORDER", "BY") {
		return nil, nil
	}
	var all []ordering
	for {
		by, err := p.expr()
		if err != nil {
			return nil, err
		}
		if all = append(all, ordering{by, p.is("DESC")}); !p.is(",") {
			return all, nil
		}
	}
}

func (p *parser) list() ([]expr, error) {
	var all []expr
	for {
		e, err := p.expr()
		if err != nil {
			return nil, err
		}
		if all = append(all, e); !p.is(",") {
			return all, nil
		}
	}
}

// expr reads an expression: OR binds least, then AND, NOT, comparisons, sums.
func (p *parser) expr() (expr, error) { return p.level(0) }

var levels = [][]string{{"OR"}, {"AND"}, {"=", "<>", "!=", "<=>", "<", ">", "<=", ">="}, {"+", "-"}}

func (p *parser) level(n int) (expr, error) {
	if n == len(levels) {
		return p.primary()
	}
	if n == 2 && p.is("NOT") {
		e, err := p.level(n)
		return call{name: "NOT", args: []expr{e}}, err
	}
	left, err := p.level(n + 1)
	for err == nil {
		i := slices.IndexFunc(levels[n], func(sign string) bool { return p.is(sign) })
		if i < 0 {
			break
		}
		var right expr
		right, err = p.level(n + 1)
		left = call{name: levels[n][i], args: []expr{left, right}}
	}
	if n == 2 && err == nil {
		return p.suffix(left)
	}
	return left, err
}

// suffix reads what may stand behind a value: IS NULL, IN.
func (p *parser) suffix(left expr) (expr, error) {
	negated := func(yes bool, e expr) expr {
		if yes {
			return call{name: "NOT", args: []expr{e}}
		}
		return e
	}
	if p.is("IS") {
		not := p.is("NOT")
		return negated(not, call{name: "ISNULL", args: []expr{left}}), p.want("NULL")
	}
	not := p.is("NOT")
	if p.is("IN") {
		if err := p.want("("); err != nil {
			return nil, err
		}
		list, err := p.list()
		if err != nil {
			return nil, err
		}
		return negated(not, call{name: "IN", args: append([]expr{left}, list...)}), p.want(")")
	}
	if not {
		return nil, syntaxError("NOT near %q", p.peek().text)
	}
	return left, nil
}

func (p *parser) primary() (expr, error) {
	t := p.peek()
	p.at++
	switch {
	case t.kind == 's':
		return literal{t.text}, nil
	case t.kind == '0':
		return number(t)
	case t.text == "?":
		if len(p.params) == 0 {
			return nil, syntaxError("a parameter without a value")
		}
		value := p.params[0]
		p.params = p.params[1:]
		return literal{value}, nil
	case t.text == "-":
		e, err := p.primary()
		return call{name: "-", args: []expr{literal{int64(0)}, e}}, err
	case t.text == "(":
		if p.peek().upper == "SELECT" {
			s, err := p.selection()
			if err != nil {
				return nil, err
			}
			return subquery{s}, p.want(")")
		}
		e, err := p.expr()
		if err != nil {
			return nil, err
		}
		return e, p.want(")")
	case t.upper == "NULL" && t.kind == 'w':
		return literal{nil}, nil
	case strings.HasPrefix(t.text, "@@"):
		return call{name: t.upper}, nil
	case t.kind == 'w' || t.kind == 'n':
		return p.named(t)
	}
	return nil, syntaxError("what comes near %q", t.text)
}

func number(t token) (expr, error) {
	if hex, ok := strings.CutPrefix(t.text, "0x"); ok {
		text, err := unhex(hex)
		return literal{text}, err
	}
	n, err := strconv.ParseInt(t.text, 10, 64)
	if err != nil {
		return nil, syntaxError("the number %q", t.text)
	}
	return literal{n}, nil
}

// named is a column, or a call.
func (p *parser) named(t token) (expr, error) {
	if p.is(".") {
		name, err := p.name()
		return column{strings.ToUpper(t.text), strings.ToUpper(name)}, err
	}
	if t.kind != 'w' || !p.is("(") {
		return column{"", strings.ToUpper(t.text)}, nil
	}
	c := call{name: t.upper, separator: ","}
	if p.is(")") {
		return c, nil
	}
	if p.is("*") {
		return c, p.want(")")
	}
	var err error
	if c.args, err = p.list(); err != nil {
		return nil, err
	}
	if p.is("USING") { // the character set of CONVERT
		p.at++
	}
	if c.order, err = p.ordered(); err != nil {
		return nil, err
	}
	if p.is("SEPARATOR") {
		c.separator = p.peek().text
		p.at++
	}
	return c, p.want(")")
}
