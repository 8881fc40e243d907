package live

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator"
	"kea-lockstep/playbooks"
	"kea-lockstep/ssh"
)

// call is a script of a playbook with what it needs to know.
type call struct {
	action  string
	engine  kea.Engine // of the database that it is about, if any
	params  []ssh.Param
	secrets []ssh.Secret
	guard   *ssh.Guard
	look    bool          // it changes nothing
	timeout time.Duration // 0: a minute
}

// scriptError is a script that ended with a status other than 0.
type scriptError struct {
	server, action string
	status         int
	said           string // what it put on its error stream, else its output, printable
}

func (e *scriptError) Error() string {
	text := fmt.Sprintf("%s: %s: exit status %d", e.server, e.action, e.status)
	if e.said != "" {
		text += ": " + e.said
	}
	return text
}

// run runs a script as root and gives its output. A status other than 0 is a *scriptError.
func (f *Fleet) run(ctx context.Context, s *server, c call) ([]byte, error) {
	book, err := f.book(ctx, s)
	if err != nil {
		return nil, err
	}
	text, err := book.Script(c.action, string(c.engine))
	if err != nil {
		return nil, err
	}
	if c.timeout == 0 {
		c.timeout = time.Minute
	}
	r, err := s.host.Run(ctx, ssh.Command{
		Script: text, Params: append(given(book, c.engine, text), c.params...), Secrets: c.secrets,
		Root: true, Guard: c.guard, Look: c.look, Timeout: c.timeout, Title: c.action, Limit: 16 << 20,
	})
	if err != nil {
		return r.Stdout, sshError(err)
	}
	if r.Status != 0 {
		said := r.Stderr
		if len(said) == 0 {
			said = r.Stdout
		}
		return r.Stdout, &scriptError{s.name(), c.action, r.Status, tail(ssh.Printable(said))}
	}
	return r.Stdout, nil
}

// sshError gives an error of ssh the meaning that it has to the engine.
func sshError(err error) error {
	switch {
	case errors.Is(err, ssh.ErrSuperseded):
		return fmt.Errorf("%w: %w", orchestrator.ErrSuperseded, err)
	case errors.Is(err, ssh.ErrFateUnknown):
		return fmt.Errorf("%w: %w", orchestrator.ErrFateUnknown, err)
	}
	return err
}

// given are the words of the playbook that a script asks for; those that differ between kinds of databases are the engine's.
func given(book playbooks.Playbook, engine kea.Engine, script string) []ssh.Param {
	speaks := book.Engines[string(engine)]
	tools := slices.Clone(book.Tools)
	for _, name := range slices.Sorted(maps.Keys(book.Engines)) {
		tools = append(tools, book.Engines[name].Programs()...)
	}
	var adds []string
	for _, name := range slices.Sorted(maps.Keys(book.Engines)) {
		if p := book.Engines[name].Package; p != "" {
			adds = append(adds, p)
		}
	}
	daemons := make([]string, len(book.Units))
	for i, u := range book.Units {
		daemons[i] = u.Daemon
	}
	var params []ssh.Param
	for _, p := range []ssh.Param{
		{Name: "state", Value: book.State},
		{Name: "units", Value: book.Table()},
		{Name: "daemons", Value: strings.Join(daemons, " ")},
		{Name: "sources", Value: strings.Join(book.Sources, " ")},
		{Name: "adds", Value: strings.Join(adds, " ")},
		{Name: "timers", Value: strings.Join(book.Timers, " ")},
		{Name: "tools", Value: strings.Join(tools, " ")},
		{Name: "managers", Value: strings.Join(book.Managers, " ")},
		{Name: "prefix", Value: book.Prefix},
		{Name: "keactrl", Value: book.Keactrl},
		{Name: "trees", Value: strings.Join(book.Trees, " ")},
		{Name: "scripts", Value: book.Scripts},
		{Name: "hooks", Value: strings.Join(book.Hooks, " ")},
		{Name: "client", Value: speaks.Client},
		{Name: "dumper", Value: speaks.Dumper},
		{Name: "loader", Value: speaks.Loader},
		{Name: "directories", Value: speaks.Directories},
	} {
		if asks(script, p.Name) {
			params = append(params, p)
		}
	}
	return params
}

// asks reports whether a script reads a variable.
func asks(script, name string) bool {
	for rest := script; ; {
		i := strings.Index(rest, "$"+name)
		if i < 0 {
			return strings.Contains(script, "${"+name)
		}
		rest = rest[i+1+len(name):]
		if rest == "" || !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", rune(rest[0])) {
			return true
		}
	}
}

// tail keeps the end of what a program said, where it says why.
func tail(said string) string {
	const most = 1000
	said = strings.TrimSpace(said)
	if len(said) > most {
		said = "... " + said[len(said)-most:]
	}
	return said
}
