package ssh

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

// Param is one variable that a script finds set. Its value may hold any bytes
// but NUL.
type Param struct{ Name, Value string }

// Secret is a Param whose value is never shown: not by fmt, slog or JSON.
type Secret struct{ Name, Value string }

const redacted = "[redacted]"

// String gives the name alone.
func (s Secret) String() string { return s.Name + "=" + redacted }

// Format does likewise for every verb.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// LogValue does likewise for slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText does likewise for JSON and other encodings.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// reserved are variables that mean something to the shell.
var reserved = []string{"PATH", "IFS", "ENV", "BASH_ENV", "PPID", "UID", "EUID", "PWD", "OLDPWD", "SHELLOPTS", "BASHOPTS",
	"OPTIND", "OPTARG", "LC_ALL", "LANG", "HOME", "PS1", "PS2", "PS4", "_"}

// checkName refuses what is no variable, means something to the shell, or is
// one of the envelope's own (kl_...).
func checkName(name string) error {
	for i, r := range name {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return fmt.Errorf("parameter %q: no name for a shell variable", name)
		}
	}
	if name == "" || slices.Contains(reserved, name) || strings.HasPrefix(name, "kl_") {
		return fmt.Errorf("parameter %q: the name is reserved", name)
	}
	return nil
}

var errNUL = errors.New("a NUL byte cannot travel in a shell script")

// quote makes any text one word of sh.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// assignments gives the lines that set the parameters.
func assignments(params []Param) (string, error) {
	var b strings.Builder
	for _, p := range params {
		if err := checkName(p.Name); err != nil {
			return "", err
		}
		if strings.IndexByte(p.Value, 0) >= 0 {
			return "", fmt.Errorf("parameter %s: %w", p.Name, errNUL)
		}
		b.WriteString(p.Name + "=" + quote(p.Value) + "\n")
	}
	return b.String(), nil
}

func secretAssignments(secrets []Secret) (string, error) {
	params := make([]Param, len(secrets))
	for i, s := range secrets {
		params[i] = Param(s)
	}
	return assignments(params)
}
