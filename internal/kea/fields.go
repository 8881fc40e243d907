package kea

import (
	"strconv"
	"time"
)

// fields reads typed values out of maps. The first value of a wrong type is
// kept as the error; what is absent is the zero value.
type fields struct{ err error }

func (f *fields) value(n *node, key string, kind nodeKind, wanted string) *node {
	v := n.get(key)
	if v == nil || v.kind == nullNode {
		return nil
	}
	if v.kind != kind {
		f.fail(v, "%s must be %s", key, wanted)
		return nil
	}
	return v
}

func (f *fields) fail(n *node, format string, args ...any) {
	if f.err == nil {
		f.err = n.start.errorf(format, args...)
	}
}

func (f *fields) text(n *node, key string) string {
	if v := f.value(n, key, stringNode, "text in double quotes"); v != nil {
		return v.text
	}
	return ""
}

func (f *fields) number(n *node, key string) int {
	v := f.value(n, key, numberNode, "a number")
	if v == nil {
		return 0
	}
	i, err := strconv.Atoi(v.text) // leading zeros are decimal, as in Kea
	if err != nil {
		f.fail(v, "%s must be a whole number", key)
	}
	return i
}

func (f *fields) port(n *node, key string) int {
	port := f.number(n, key)
	if port < 0 || port > 65535 {
		f.fail(n.get(key), "%s must be between 0 and 65535", key)
	}
	return port
}

// maxMillis is what fits into a time.Duration.
const maxMillis = 1 << 40

func (f *fields) millis(n *node, key string, absent int) time.Duration {
	ms := absent
	if n.get(key) != nil {
		ms = f.number(n, key)
	}
	if ms < 0 || ms > maxMillis {
		f.fail(n.get(key), "%s is out of range", key)
		return 0
	}
	return time.Duration(ms) * time.Millisecond
}

func (f *fields) flag(n *node, key string, absent bool) bool {
	if v := f.value(n, key, boolNode, "true or false"); v != nil {
		return v.text == "true"
	}
	return absent
}

func (f *fields) section(n *node, key string) *node {
	return f.value(n, key, mapNode, "a map in braces")
}

// sections are the maps of a list.
func (f *fields) sections(n *node, key string) []*node {
	list := f.value(n, key, listNode, "a list in brackets")
	if list == nil {
		return nil
	}
	for _, item := range list.items {
		if item.kind != mapNode {
			f.fail(item, "an entry of %s must be a map in braces", key)
			return nil
		}
	}
	return list.items
}
