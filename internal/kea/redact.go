package kea

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
)

// secretKey are the keys whose values are secrets: password,
// basic-auth-password, secret (TSIG, RADIUS). A key that names a file with a
// secret in it (password-file) is none.
var secretKey = regexp.MustCompile(`(?i)(password|passwd|passphrase|secret)$`)

// secretComment finds where a comment begins to be unfit to show.
var secretComment = regexp.MustCompile(`(?i)passw(?:or)?d?|passphrase|secret`)

// redactor takes secrets out of texts, the same secret always by the same name.
type redactor struct{ known []string }

// collect learns the secrets of a text.
func (r *redactor) collect(text []byte) {
	for _, s := range secretsIn(text) {
		if !slices.Contains(r.known, s.value) {
			r.known = append(r.known, s.value)
		}
	}
}

// redact is the text without its secrets. What cannot be read as Kea would,
// and may hold anything, is left out from there on.
func (r *redactor) redact(text []byte) []byte {
	var out bytes.Buffer
	done := 0
	for _, s := range secretsIn(text) {
		out.Write(text[done:s.start])
		out.WriteString(r.name(s))
		done = s.end
	}
	out.Write(text[done:])
	return out.Bytes()
}

func (r *redactor) name(s secret) string {
	switch {
	case s.unreadable:
		return "[the rest cannot be read and is not shown]\n"
	case s.comment:
		return redacted
	case len(r.known) <= 1:
		return quote(redacted)
	default:
		return quote(fmt.Sprintf("[redacted %d]", slices.Index(r.known, s.value)+1))
	}
}

// secret is a stretch of text that must not be shown.
type secret struct {
	start, end int
	value      string
	comment    bool
	unreadable bool
}

// secretsIn finds the values of secret keys, whatever comments stand between
// key and value, and the ends of comments that speak of a secret.
func secretsIn(text []byte) []secret {
	var found []secret
	l := newLexer("", text, nil)
	last := 0
	var key, colon token // the two tokens before
	for {
		tok, err := l.next()
		comments, end := text[last:], len(text)
		if err == nil {
			comments, end = text[last:tok.start.offset], tok.start.offset
		}
		if err != nil {
			return append(found, secret{start: last, end: end, unreadable: true})
		}
		found = append(found, secretsOfComments(comments, last)...)
		if tok.kind == endToken {
			return found
		}
		if colon.kind == ':' && key.kind == stringToken && secretKey.MatchString(key.text) && isScalar(tok.kind) {
			found = append(found, secret{start: tok.start.offset, end: tok.end.offset, value: tok.text})
		}
		key, colon, last = colon, tok, tok.end.offset
	}
}

func isScalar(k tokenKind) bool { return k == stringToken || k == numberToken || k == wordToken }

// secretsOfComments hides each line of comments from the word on that speaks
// of a secret, and the next one too where nothing follows that word.
func secretsOfComments(text []byte, at int) []secret {
	var found []secret
	hideNext := false
	for len(text) > 0 {
		line := text[:lineLength(text)]
		shown, end := len(line), len(bytes.TrimRight(line, "\r"))
		if m := secretComment.FindIndex(line); m != nil {
			shown = m[1]
			hideNext = len(bytes.Trim(line[shown:], "\":= \t\r")) == 0
		} else if hideNext && len(bytes.TrimSpace(line)) > 0 {
			shown, hideNext = 0, false
		}
		if bytes.HasSuffix(line[:end], []byte("*/")) {
			end -= len("*/")
		}
		if shown < end {
			found = append(found, secret{start: at + shown, end: at + end, comment: true})
		}
		next := min(len(line)+1, len(text))
		text, at = text[next:], at+next
	}
	return found
}
