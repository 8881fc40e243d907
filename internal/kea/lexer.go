package kea

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

type tokenKind byte

// Punctuation is its own kind.
const (
	endToken     tokenKind = 0
	stringToken  tokenKind = '"'
	numberToken  tokenKind = '0'
	wordToken    tokenKind = 'w' // true, false, null
	includeToken tokenKind = '<' // only where includes are not followed
)

type token struct {
	kind       tokenKind
	text       string // a string is decoded; a number and a word are as written
	start, end mark   // both in the same source
}

const (
	// maxIncludeDepth is Kea's own limit (includeFile in dhcp4_lexer.ll).
	maxIncludeDepth = 10
	// maxIncludes keeps files that include each other many times from
	// growing without bounds; Kea has no such limit.
	maxIncludes = 1000
)

// lexer turns text into tokens as Kea's own lexer does (src/bin/dhcp4/
// dhcp4_lexer.ll): three styles of comments, and <?include "file"?> in place
// of any token. A token never spans two files.
type lexer struct {
	src     *source
	at      int
	outer   []mark // where to go on after the included files
	include func(string) ([]byte, error)
	files   []string // every file read, once, in order of inclusion
	count   int
}

// newLexer reads text. A nil include leaves include directives as tokens.
func newLexer(path string, text []byte, include func(string) ([]byte, error)) *lexer {
	return &lexer{src: newSource(path, text), include: include, files: []string{path}}
}

func (l *lexer) mark() mark { return mark{l.src, l.at} }

// next is the next token; at the end of all files it is endToken.
func (l *lexer) next() (token, error) {
	for {
		if err := l.skipTrivia(); err != nil {
			return token{}, err
		}
		start := l.mark()
		if l.at == len(l.src.text) {
			if len(l.outer) == 0 {
				return token{kind: endToken, start: start, end: start}, nil
			}
			l.leave()
			continue
		}
		if !bytes.HasPrefix(l.src.text[l.at:], []byte("<?")) {
			return l.scan(start)
		}
		path, err := l.directive()
		if err != nil {
			return token{}, err
		}
		if l.include == nil {
			return token{kind: includeToken, text: path, start: start, end: l.mark()}, nil
		}
		if err := l.enter(path, start); err != nil {
			return token{}, err
		}
	}
}

// skipTrivia passes blanks and comments.
func (l *lexer) skipTrivia() error {
	for l.at < len(l.src.text) {
		rest := l.src.text[l.at:]
		switch {
		case rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\r' || rest[0] == '\n':
			l.at++
		case rest[0] == '#' || bytes.HasPrefix(rest, []byte("//")):
			l.at += lineLength(rest)
		case bytes.HasPrefix(rest, []byte("/*")):
			end := bytes.Index(rest[2:], []byte("*/"))
			if end < 0 {
				return l.mark().errorf("this comment is not closed")
			}
			l.at += 2 + end + 2
		default:
			return nil
		}
	}
	return nil
}

// lineLength is the length of the first line without its newline.
func lineLength(text []byte) int {
	if i := bytes.IndexByte(text, '\n'); i >= 0 {
		return i
	}
	return len(text)
}

func (l *lexer) scan(start mark) (token, error) {
	c := l.src.text[l.at]
	switch {
	case strings.IndexByte("{}[],:", c) >= 0:
		l.at++
		return token{kind: tokenKind(c), start: start, end: l.mark()}, nil
	case c == '"':
		text, err := l.scanString()
		return token{kind: stringToken, text: text, start: start, end: l.mark()}, err
	case strings.IndexByte("+-.0123456789", c) >= 0:
		return l.run(numberToken, start, "+-.0123456789eE"), nil
	}
	word := l.run(wordToken, start, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-")
	switch {
	case word.text == "true" || word.text == "false" || word.text == "null":
		return word, nil
	case word.text == "":
		character, _ := utf8.DecodeRune(l.src.text[start.offset:])
		return token{}, start.errorf("%q does not belong here", character)
	default: // it may be a secret that lost its quotes
		return token{}, start.errorf("a bare word does not belong here: text stands in double quotes; true, false and null are lower case")
	}
}

// run takes the bytes that are in the set.
func (l *lexer) run(kind tokenKind, start mark, set string) token {
	for l.at < len(l.src.text) && strings.IndexByte(set, l.src.text[l.at]) >= 0 {
		l.at++
	}
	return token{kind: kind, text: string(l.src.text[start.offset:l.at]), start: start, end: l.mark()}
}

// directive reads <?include "file"?> and gives the file's name. As in Kea a
// name has no escapes.
func (l *lexer) directive() (string, error) {
	start := l.mark()
	l.at += len("<?")
	l.skipBlanks()
	if !bytes.HasPrefix(l.src.text[l.at:], []byte("include")) {
		return "", l.mark().errorf("only <?include \"file\"?> is known here")
	}
	l.at += len("include")
	l.skipBlanks()
	rest := l.src.text[l.at:]
	if len(rest) == 0 || rest[0] != '"' {
		return "", l.mark().errorf("the name of the included file must stand in double quotes")
	}
	end := bytes.IndexAny(rest[1:], "\"\n")
	if end < 1 || rest[1+end] != '"' {
		return "", l.mark().errorf("the name of the included file is empty or not closed")
	}
	path := string(rest[1 : 1+end])
	l.at += end + 2
	l.skipBlanks()
	if !bytes.HasPrefix(l.src.text[l.at:], []byte("?>")) {
		return "", start.errorf("this directive is not closed with ?>")
	}
	l.at += len("?>")
	return path, nil
}

func (l *lexer) skipBlanks() {
	for l.at < len(l.src.text) && strings.IndexByte(" \t\r\n", l.src.text[l.at]) >= 0 {
		l.at++
	}
}

// enter goes on in an included file.
func (l *lexer) enter(path string, at mark) error {
	l.count++
	if len(l.outer) > maxIncludeDepth {
		return at.errorf("included files are nested more than %d deep", maxIncludeDepth)
	}
	if l.count > maxIncludes {
		return at.errorf("more than %d files are included", maxIncludes)
	}
	text, err := l.include(path)
	if err != nil {
		return at.errorf("the included file cannot be read: %v", err)
	}
	l.outer = append(l.outer, l.mark())
	known := false
	for _, f := range l.files {
		known = known || f == path
	}
	if !known {
		l.files = append(l.files, path)
	}
	l.src, l.at = newSource(path, text), 0
	return nil
}

func (l *lexer) leave() {
	back := l.outer[len(l.outer)-1]
	l.outer = l.outer[:len(l.outer)-1]
	l.src, l.at = back.src, back.offset
}
