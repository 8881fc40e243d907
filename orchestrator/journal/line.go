package journal

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
)

// A line is its event as JSON whose last field is the hash of all that stands before it: the last line of a journal, too, is
// vouched for, by itself.
const (
	hashField = `,"hash":"`
	hashEnd   = `"}`
	hashBytes = 16
	hashSpace = len(hashField) + 2*hashBytes + len(hashEnd)
)

// seal gives the event its hash and writes it as a line, without the newline.
func seal(e *Event) ([]byte, error) {
	e.Hash = ""
	body, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("writing event %d: %w", e.Seq, err)
	}
	body = body[:len(body)-1] // its closing brace stands behind the hash
	e.Hash = sum(body)
	return slices.Concat(body, []byte(hashField+e.Hash+hashEnd)), nil
}

// unseal reads a line that seal wrote, byte for byte.
func unseal(line []byte) (Event, error) {
	cut := len(line) - hashSpace
	if cut < 0 || string(line[cut:]) != hashField+sum(line[:cut])+hashEnd {
		return Event{}, errors.New("it is not what its hash is of")
	}
	var e Event
	if err := json.Unmarshal(line, &e); err != nil {
		return Event{}, fmt.Errorf("it is no event: %w", err)
	}
	return e, nil
}

func sum(text []byte) string {
	h := sha256.Sum256(text)
	return hex.EncodeToString(h[:hashBytes])
}

// link is one verified line: its event, the offset behind it, and whether a newline ends it.
type link struct {
	event Event
	end   int64
	ended bool
}

// chain reads lines and verifies each: by itself, and that it follows from the one before. A torn last line ends it.
func chain(r io.Reader) iter.Seq2[link, error] {
	return func(yield func(link, error) bool) {
		in := bufio.NewReader(r)
		var last link
		for {
			line, err := in.ReadBytes('\n')
			ended := err == nil
			if err != nil && !errors.Is(err, io.EOF) {
				yield(link{}, fmt.Errorf("reading: %w", err))
				return
			}
			if !ended && torn(line) {
				return
			}
			next, err := follow(last, line, ended)
			if err != nil {
				yield(link{}, fmt.Errorf("%w: line %d: %w", ErrDamaged, last.event.Seq+1, err))
				return
			}
			if !yield(next, nil) {
				return
			}
			last = next
		}
	}
}

// follow verifies the line behind a link.
func follow(last link, line []byte, ended bool) (link, error) {
	event, err := unseal(bytes.TrimSuffix(line, []byte{'\n'}))
	if err != nil {
		return link{}, err
	}
	if event.Seq != last.event.Seq+1 || event.Prev != last.event.Hash {
		return link{}, errors.New("it does not follow from the line before it")
	}
	return link{event, last.end + int64(len(line)), ended}, nil
}

// torn reports whether a text without a newline is the beginning of a line, or nothing, and not a whole one: its write was cut
// off, and nobody was told that its event is durable.
func torn(text []byte) bool {
	var whole json.RawMessage
	return json.NewDecoder(bytes.NewReader(text)).Decode(&whole) != nil
}
