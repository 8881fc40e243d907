package ssh

import (
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"time"
)

// Command is a script for POSIX sh.
//
// It runs with LC_ALL=C, umask 022 and the system directories in PATH, whatever
// the account's own settings; its standard input is /dev/null or Stdin. It may
// use "exit", "set -e" and here-documents as it likes, but not descriptor 9.
type Command struct {
	Script  string
	Params  []Param
	Secrets []Secret // as Params, in the shell's memory only: never in argv or environment
	// Stdin becomes the script's input. A connection lost in between looks
	// like its end to the script, which has to check the length where that
	// matters.
	Stdin io.Reader
	Root  bool
	Guard *Guard
	// Look says that the script changes nothing. It runs in a shell that is
	// kept afterwards, and is put again where that shell has died.
	Look    bool
	Timeout time.Duration // 0: the context's deadline alone
	// Stdout gets the output as it comes, instead of Result.Stdout.
	Stdout io.Writer
	// Limit bounds what is kept of output and of errors, each; 0: 4 MiB.
	Limit int
	// Title names the command in errors; "" is "run a script".
	Title string
}

// Result is what a script left that ran to its end.
type Result struct {
	Status    int // 0 to 255
	Stdout    []byte
	Stderr    []byte
	Truncated bool // the middle of Stdout or Stderr was left out, and says so
	Duration  time.Duration
}

const defaultLimit = 4 << 20

func (c Command) title() string { return orElse(c.Title, "run a script") }

// newMark makes the word that tells our output from a login shell's noise.
func newMark(random io.Reader) (string, error) {
	b := make([]byte, 16)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", err
	}
	return "=kl-" + hex.EncodeToString(b) + "=", nil
}

// envelope gives what travels on the shell's standard input, in two parts.
// Nothing runs before the last byte of the second has arrived.
func (c Command) envelope(mark string) (body, last string, err error) {
	input := " </dev/null"
	if c.Stdin != nil {
		input = ""
	}
	inner, err := c.inner(input)
	if err != nil {
		return "", "", err
	}
	var b strings.Builder
	// The locale comes first: it decides how the rest is read.
	b.WriteString("LC_ALL=C; export LC_ALL; kl_mark=" + quote(mark) + "\n{\n")
	b.WriteString(c.opening())
	b.WriteString(systemSh)
	b.WriteString(openSh)
	b.WriteString(guardSh)
	// Where a login shell's start-up files have eaten the beginning, and the
	// guard with it, the script must not run.
	b.WriteString("if [ \"${kl_mark-}\" = " + quote(mark) + " ]; then\n")
	b.WriteString(inner)
	b.WriteString("kl_end done \"$?\"\nfi\nexit 1\n")
	return b.String(), "}\n", nil
}

// opening sets what open.sh and guard.sh ask for.
func (c Command) opening() string {
	root := "no"
	if c.Root {
		root = "yes"
	}
	return "kl_root=" + root + "\n" + c.Guard.params()
}

// inner is the script in a subshell of its own, with its parameters.
func (c Command) inner(input string) (string, error) {
	if strings.IndexByte(c.Script, 0) >= 0 {
		return "", errors.New("script: " + errNUL.Error())
	}
	params, err := assignments(c.Params)
	if err != nil {
		return "", err
	}
	secrets, err := secretAssignments(c.Secrets)
	if err != nil {
		return "", err
	}
	if c.Script == "" {
		return "true\n", nil // no subshell for nothing
	}
	return "(\n" + params + secrets + "eval " + quote(c.Script) + "\n)" + input + " 9>&-\n", nil
}
