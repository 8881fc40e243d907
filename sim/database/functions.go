package database

import (
	"slices"
	"strings"
	"time"
)

// functions are those that are asked for.
var functions = map[string]func(s *Session, a []any) (any, error){
	"NOT":    func(_ *Session, a []any) (any, error) { return boolean(!truth(a[0])), nil },
	"ISNULL": func(_ *Session, a []any) (any, error) { return boolean(a[0] == nil), nil },
	"+":      func(_ *Session, a []any) (any, error) { return integer(a[0]) + integer(a[1]), nil },
	"-":      func(_ *Session, a []any) (any, error) { return integer(a[0]) - integer(a[1]), nil },
	"<=>": func(_ *Session, a []any) (any, error) {
		if a[0] == nil || a[1] == nil {
			return boolean(a[0] == nil && a[1] == nil), nil
		}
		return boolean(order(a[0], a[1]) == 0), nil
	},
	"IN": func(_ *Session, a []any) (any, error) {
		return boolean(slices.ContainsFunc(a[1:], func(v any) bool { return order(v, a[0]) == 0 })), nil
	},
	"IF": func(_ *Session, a []any) (any, error) {
		if truth(a[0]) {
			return a[1], nil
		}
		return a[2], nil
	},
	"IFNULL": func(_ *Session, a []any) (any, error) {
		if a[0] != nil {
			return a[0], nil
		}
		return a[1], nil
	},
	"NULLIF": func(_ *Session, a []any) (any, error) {
		if a[0] != nil && a[1] != nil && order(a[0], a[1]) == 0 {
			return nil, nil
		}
		return a[0], nil
	},
	"CONCAT": func(_ *Session, a []any) (any, error) {
		if slices.Contains(a, nil) {
			return nil, nil
		}
		return joined(a, ""), nil
	},
	"CONCAT_WS": func(_ *Session, a []any) (any, error) {
		return joined(slices.DeleteFunc(slices.Clone(a[1:]), func(v any) bool { return v == nil }), text(a[0])), nil
	},
	"LOWER":   textual(func(a []string) string { return strings.ToLower(a[0]) }),
	"REPLACE": textual(func(a []string) string { return strings.ReplaceAll(a[0], a[1], a[2]) }),
	"CONVERT": textual(func(a []string) string { return a[0] }),
	"LEFT": func(_ *Session, a []any) (any, error) {
		t := text(a[0])
		return t[:min(len(t), int(integer(a[1])))], nil
	},
	"CHAR": func(_ *Session, a []any) (any, error) { return string([]byte{byte(integer(a[0]))}), nil }, //nolint:gosec // one byte
	"SUBSTRING_INDEX": textual(func(a []string) string {
		before, _, _ := strings.Cut(a[0], a[1]) // the simulator is asked for the first part alone
		return before
	}),
	"FIND_IN_SET": func(_ *Session, a []any) (any, error) {
		return int64(slices.Index(strings.Split(text(a[1]), ","), text(a[0])) + 1), nil
	},
	"DATABASE": func(s *Session, _ []any) (any, error) {
		if s.schema == "" {
			return nil, nil
		}
		return s.schema, nil
	},
	"CONNECTION_ID": func(s *Session, _ []any) (any, error) { return int64(s.id), nil },
	"CURRENT_USER":  func(s *Session, _ []any) (any, error) { return s.user + "@%", nil },
	// As many seconds after the start as the server is up: a real one tells both of the statement's begin.
	"UNIX_TIMESTAMP": func(s *Session, a []any) (any, error) {
		if len(a) > 0 {
			return a[0], nil
		}
		return s.server.started.Unix() + int64(time.Since(s.server.started)/time.Second), nil
	},
	// Times are seconds, and the zone is UTC.
	"NOW":           func(*Session, []any) (any, error) { return time.Now().Unix(), nil },
	"UTC_TIMESTAMP": func(*Session, []any) (any, error) { return time.Now().Unix(), nil },
	"TIMEDIFF":      func(_ *Session, a []any) (any, error) { return integer(a[0]) - integer(a[1]), nil },
	"TIME_TO_SEC":   func(_ *Session, a []any) (any, error) { return a[0], nil },
	"@@HOSTNAME":    variableOf("hostname"),
	"@@PORT":        variableOf("port"),
	"@@SERVER_ID":   variableOf("server_id"),
	"@@DATADIR":     variableOf("datadir"),
	"VERSION":       func(*Session, []any) (any, error) { return version, nil },
	"GET_LOCK":      func(s *Session, a []any) (any, error) { return s.server.take(s, text(a[0])), nil },
	"IS_USED_LOCK":  func(s *Session, a []any) (any, error) { return s.server.holder(text(a[0])), nil },
	"RELEASE_LOCK":  func(s *Session, a []any) (any, error) { return s.server.letGo(s, text(a[0])), nil },
}

func textual(f func(a []string) string) func(*Session, []any) (any, error) {
	return func(_ *Session, a []any) (any, error) {
		if slices.Contains(a, nil) {
			return nil, nil
		}
		words := make([]string, len(a))
		for i, v := range a {
			words[i] = text(v)
		}
		return f(words), nil
	}
}

func joined(a []any, with string) string {
	words := make([]string, len(a))
	for i, v := range a {
		words[i] = text(v)
	}
	return strings.Join(words, with)
}

// variableOf is "@@name".
func variableOf(name string) func(*Session, []any) (any, error) {
	return func(*Session, []any) (any, error) {
		for _, row := range variables() {
			if row[0] == name {
				return row[1], nil
			}
		}
		return nil, nil
	}
}
