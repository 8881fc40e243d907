package kea

import (
	"bytes"

	"github.com/rogpeppe/go-internal/diff"
)

// Diff is the unified diff between two texts of one configuration file, empty
// where they are equal. Secrets are taken out of both texts first: every
// password reads [redacted], and where the two texts hold different ones they
// are numbered, so that a change shows without its value. A change within
// redacted text of a comment does not show.
func Diff(old, new []byte, name string) string {
	if bytes.Equal(old, new) {
		return ""
	}
	var r redactor
	r.collect(old)
	r.collect(new)
	// the library puts a line "diff old new" before the usual two
	_, text, _ := bytes.Cut(diff.Diff("a/"+name, r.redact(old), "b/"+name, r.redact(new)), []byte("\n"))
	return string(text)
}

// Redact is a configuration text with its secrets taken out, for showing.
func Redact(text []byte) []byte {
	var r redactor
	r.collect(text)
	return r.redact(text)
}
