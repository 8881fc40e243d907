package view

import (
	"encoding/json"
	"fmt"
	"io"
)

// Document is something to show: as text on a page, or as JSON, which it marshals to by itself.
type Document interface{ Text(p *Page) }

// JSON writes a document as one indented JSON text.
func JSON(w io.Writer, d Document) error {
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	_, err = fmt.Fprintf(w, "%s\n", text)
	return err
}

// listed gives a list that JSON shows as [] and not as null when there is nothing in it.
func listed[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}
