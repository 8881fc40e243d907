package fleet

import (
	"fmt"
	"strings"
)

// Answer is one of no, yes and cannot tell. Its zero value is no: what was not asked was not granted.
type Answer int

// The answers. CannotTell counts as no wherever a yes is needed.
const (
	No Answer = iota
	Yes
	CannotTell
)

// String gives the answer in words.
func (a Answer) String() string {
	switch a {
	case Yes:
		return "yes"
	case CannotTell:
		return "cannot tell"
	default:
		return "no"
	}
}

// MarshalText writes the answer in words, for JSON.
func (a Answer) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (a *Answer) UnmarshalText(text []byte) error {
	for _, known := range []Answer{No, Yes, CannotTell} {
		if known.String() == string(text) {
			*a = known
			return nil
		}
	}
	return fmt.Errorf("answer %q is none of no, yes, cannot tell", text)
}

// Verdict is the answer to a probe or gate with what was seen, verbatim. A cannot tell names what is missing to tell.
type Verdict struct {
	Answer Answer `json:"answer"`
	Saw    string `json:"saw,omitempty"`
}

// OK reports whether the answer is yes.
func (v Verdict) OK() bool { return v.Answer == Yes }

// String gives the answer and what was seen.
func (v Verdict) String() string {
	if v.Saw == "" {
		return v.Answer.String()
	}
	return v.Answer.String() + ": " + v.Saw
}

// Affirm is a yes with what was seen.
func Affirm(format string, args ...any) Verdict { return Verdict{Yes, fmt.Sprintf(format, args...)} }

// Deny is a no with what was seen.
func Deny(format string, args ...any) Verdict { return Verdict{No, fmt.Sprintf(format, args...)} }

// Doubt is a cannot tell with what is missing.
func Doubt(format string, args ...any) Verdict {
	return Verdict{CannotTell, fmt.Sprintf(format, args...)}
}

// All is yes when every verdict is, else no when one is no, else cannot tell; it carries what the worst ones saw.
// Of no verdicts at all it is yes: callers that need something to be there check for it.
func All(verdicts ...Verdict) Verdict {
	worst := Yes
	for _, v := range verdicts {
		switch {
		case v.Answer == No:
			worst = No
		case v.Answer == CannotTell && worst == Yes:
			worst = CannotTell
		}
	}
	var saw []string
	for _, v := range verdicts {
		if v.Answer == worst && v.Saw != "" {
			saw = append(saw, v.Saw)
		}
	}
	return Verdict{worst, strings.Join(saw, "; ")}
}
