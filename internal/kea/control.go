package kea

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Request is a command for a daemon's control channel.
type Request struct {
	Command string `json:"command"`
	// Service names the daemon behind a control agent: "dhcp4", "dhcp6" or
	// "d2". It stays empty towards a daemon itself, which refuses any other since 3.1.9.
	Service   []string `json:"service,omitempty"`
	Arguments any      `json:"arguments,omitempty"`
}

// Encode is the request as it goes over the channel.
func (r Request) Encode() ([]byte, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("writing the command %s: %w", r.Command, err)
	}
	return text, nil
}

// Result is the outcome of a command (ARM, ctrl-channel.rst).
type Result int

// The results of Kea.
const (
	Success     Result = 0
	Failed      Result = 1
	Unsupported Result = 2 // the daemon does not know the command
	Empty       Result = 3 // done, and nothing was found
	Conflict    Result = 4
	Altered     Result = 5 // failed, and the configuration is partly changed (3.0.4, 3.1.7)
)

// Answer is what a daemon said.
type Answer struct {
	Result    Result          `json:"result"`
	Text      string          `json:"text"`
	Arguments json.RawMessage `json:"arguments"`
}

// CommandError is an answer other than success. Results of 400 and above are
// those of HTTP: 401 and 403 say that the control channel wants other credentials.
type CommandError struct {
	Result Result
	Text   string
}

// Error is Kea's own text.
func (e *CommandError) Error() string {
	if e.Text == "" {
		return fmt.Sprintf("Kea answered with result %d", e.Result)
	}
	return fmt.Sprintf("Kea answered: %s (result %d)", e.Text, e.Result)
}

// Denied reports whether the control channel refused the caller itself.
func (e *CommandError) Denied() bool { return e.Result == 401 || e.Result == 403 }

// Err is nil for Success and Empty, else a *CommandError.
func (a Answer) Err() error {
	if a.Result == Success || a.Result == Empty {
		return nil
	}
	return &CommandError{Result: a.Result, Text: a.Text}
}

var errNoAnswer = errors.New("the control channel closed without an answer")

// ParseAnswer reads an answer in each of its shapes: a unix socket gives a
// map; HTTP, and a control agent, give a list with one map; a refusal is a map
// in every case. A list with several answers is an error: one daemon was asked.
func ParseAnswer(text []byte) (Answer, error) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return Answer{}, errNoAnswer
	}
	raw := json.RawMessage(text)
	if text[0] == '[' {
		var list []json.RawMessage
		if err := json.Unmarshal(text, &list); err != nil {
			return Answer{}, unreadable(text, err)
		}
		if len(list) != 1 {
			return Answer{}, fmt.Errorf("the control channel gave %d answers to one command", len(list))
		}
		raw = list[0]
	}
	var answer struct {
		Answer
		Result *Result `json:"result"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return Answer{}, unreadable(text, err)
	}
	if answer.Result == nil {
		return Answer{}, unreadable(text, errors.New("it has no result"))
	}
	answer.Answer.Result = *answer.Result
	return answer.Answer, nil
}

// unreadable quotes the beginning of what is no answer of Kea (a proxy's page,
// an answer cut off), unless it may hold a configuration's secrets.
func unreadable(text []byte, err error) error {
	const enough = 80
	shown, _, _ := strings.Cut(string(text), "\n")
	if len(shown) > enough {
		shown = shown[:enough] + "..."
	}
	if secretComment.MatchString(shown) {
		shown = redacted
	}
	return fmt.Errorf("this is no answer of Kea (%w): %q", err, shown)
}

// Commands is the answer to list-commands.
func (a Answer) Commands() ([]string, error) {
	if err := a.Err(); err != nil {
		return nil, err
	}
	var names []string
	if err := json.Unmarshal(a.Arguments, &names); err != nil {
		return nil, fmt.Errorf("reading the answer to list-commands: %w", err)
	}
	return names, nil
}
