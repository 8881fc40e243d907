package kea

import (
	"slices"
	"strconv"
	"strings"
)

type nodeKind byte

const (
	mapNode nodeKind = iota
	listNode
	stringNode
	numberNode
	boolNode
	nullNode
)

// node is a value of the configuration with its place in the text. Start and
// end may lie in different files where an include stands between the brackets.
type node struct {
	kind       nodeKind
	text       string // of a string, decoded; of a number or word, as written
	members    []member
	items      []*node
	start, end mark
}

type member struct {
	key   string
	at    mark
	value *node
}

// maxNesting keeps a hostile file from exhausting the stack. Kea's own files
// nest about ten deep.
const maxNesting = 200

// parser reads what Kea's grammar reads (src/bin/dhcp4/dhcp4_parser.yy): JSON,
// in which any number of commas may follow a member, and a repeated key is an
// error.
type parser struct {
	*lexer
	tok token
}

// parse reads a whole configuration.
func parse(path string, text []byte, include func(string) ([]byte, error)) (*node, []string, error) {
	p := &parser{lexer: newLexer(path, text, include)}
	if err := p.advance(); err != nil {
		return nil, nil, err
	}
	root, err := p.value(0)
	if err != nil {
		return nil, nil, err
	}
	if p.tok.kind != endToken {
		return nil, nil, p.tok.start.errorf("the configuration has already ended here")
	}
	return root, p.files, nil
}

func (p *parser) advance() (err error) {
	p.tok, err = p.next()
	return err
}

func (p *parser) value(depth int) (*node, error) {
	n := &node{text: p.tok.text, start: p.tok.start, end: p.tok.end}
	switch p.tok.kind {
	case '{':
		return p.container(n, mapNode, '}', depth+1)
	case '[':
		return p.container(n, listNode, ']', depth+1)
	case stringToken:
		n.kind = stringNode
	case numberToken:
		if !isNumber(n.text) {
			return nil, n.start.errorf("this is not a number that Kea can hold")
		}
		n.kind = numberNode
	case wordToken:
		n.kind = boolNode
		if n.text == "null" {
			n.kind = nullNode
		}
	default:
		return nil, p.unexpected("a value")
	}
	return n, p.advance()
}

// isNumber: whole numbers must fit 64 bits, others a double.
func isNumber(text string) bool {
	if strings.ContainsAny(text, ".eE") {
		_, err := strconv.ParseFloat(text, 64)
		return err == nil
	}
	_, err := strconv.ParseInt(text, 10, 64)
	return err == nil
}

// container reads what stands between brackets.
func (p *parser) container(n *node, kind nodeKind, closing tokenKind, depth int) (*node, error) {
	if depth > maxNesting {
		return nil, n.start.errorf("the configuration is nested more than %d deep", maxNesting)
	}
	n.kind = kind
	if err := p.advance(); err != nil {
		return nil, err
	}
	seen := make(map[string]mark)
	for p.tok.kind != closing {
		if err := p.element(n, seen, depth); err != nil {
			return nil, err
		}
		if p.tok.kind != ',' && p.tok.kind != closing {
			return nil, p.unexpected("a comma or " + string(closing))
		}
		for p.tok.kind == ',' {
			if err := p.advance(); err != nil {
				return nil, err
			}
		}
	}
	n.end = p.tok.end
	return n, p.advance()
}

func (p *parser) element(n *node, seen map[string]mark, depth int) error {
	var m member
	if n.kind == mapNode {
		if p.tok.kind != stringToken {
			return p.unexpected("a key in double quotes")
		}
		m.key, m.at = p.tok.text, p.tok.start
		if first, twice := seen[m.key]; twice {
			return m.at.errorf("%q stands here twice; the first is in %s", m.key, first.position())
		}
		seen[m.key] = m.at
		if err := p.advance(); err != nil {
			return err
		}
		if p.tok.kind != ':' {
			return p.unexpected("a colon after " + quote(m.key))
		}
		if err := p.advance(); err != nil {
			return err
		}
	}
	value, err := p.value(depth)
	if err != nil {
		return err
	}
	if n.kind == mapNode {
		m.value = value
		n.members = append(n.members, m)
	} else {
		n.items = append(n.items, value)
	}
	return nil
}

func (p *parser) unexpected(wanted string) *SyntaxError {
	switch p.tok.kind {
	case endToken:
		return p.tok.start.errorf("the file ends where %s should stand", wanted)
	case stringToken: // strings and numbers may be secrets
		return p.tok.start.errorf("a string stands where %s should", wanted)
	case numberToken:
		return p.tok.start.errorf("a number stands where %s should", wanted)
	case wordToken:
		return p.tok.start.errorf("%s stands where %s should", p.tok.text, wanted)
	default:
		return p.tok.start.errorf("%c stands where %s should", p.tok.kind, wanted)
	}
}

// get is the value of a key, nil where the map has none.
func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	i := slices.IndexFunc(n.members, func(m member) bool { return m.key == key })
	if i < 0 {
		return nil
	}
	return n.members[i].value
}
