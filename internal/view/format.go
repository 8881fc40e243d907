package view

import (
	"errors"
	"slices"
)

// ErrFormat is returned for a format that a document cannot be written in.
var ErrFormat = errors.New("not written in this format")

// What a document may be written as beside text and JSON.
type (
	markdown   interface{ Markdown() string }
	html       interface{ HTML() (string, error) }
	mermaid    interface{ Mermaid() string }
	prometheus interface{ Prometheus() string }
)

// Formats names what a document can be written as.
func Formats(d Document) []string {
	all := []string{"text", "json"}
	for name, is := range map[string]bool{"markdown": has[markdown](d), "html": has[html](d), "mermaid": has[mermaid](d), "prometheus": has[prometheus](d)} {
		if is {
			all = append(all, name)
		}
	}
	slices.Sort(all[2:])
	return all
}

func has[T any](d Document) bool {
	_, is := d.(T)
	return is
}

// As writes a document in one of its formats but text and JSON.
func As(format string, d Document) (string, error) {
	switch format {
	case "markdown":
		if d, is := d.(markdown); is {
			return d.Markdown(), nil
		}
	case "html":
		if d, is := d.(html); is {
			return d.HTML()
		}
	case "mermaid":
		if d, is := d.(mermaid); is {
			return d.Mermaid(), nil
		}
	case "prometheus":
		if d, is := d.(prometheus); is {
			return d.Prometheus(), nil
		}
	}
	return "", ErrFormat
}
