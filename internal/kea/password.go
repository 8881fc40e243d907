package kea

import (
	"fmt"
	"log/slog"
)

// redacted stands wherever a password would be printed.
const redacted = "[redacted]"

// Password keeps a secret out of everything that prints: fmt in every verb,
// JSON, text and slog show [redacted]. Only Reveal gives it away.
type Password string

// Reveal is the secret itself, for the one call that needs it.
func (p Password) Reveal() string { return string(p) }

// String is [redacted], also for an empty password: whether there is one is
// asked with p == "".
func (p Password) String() string { return redacted }

// GoString keeps %#v quiet.
func (p Password) GoString() string { return redacted }

// Format keeps every verb quiet, %x and %q and the wrong ones too.
func (p Password) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

// MarshalText keeps encoders quiet.
func (p Password) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON keeps encoding/json quiet.
func (p Password) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// LogValue keeps slog quiet.
func (p Password) LogValue() slog.Value { return slog.StringValue(redacted) }
