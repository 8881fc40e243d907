package audit

// Severity says how much a finding matters.
type Severity string

// The severities. An error is wrong now, a warning may become wrong, advice is worth knowing.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Advice  Severity = "advice"
)

// Finding is one thing that was found: the rule, where, why and what to do. Fields that do not apply are empty.
type Finding struct {
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	Server   string   `json:"server"`
	Daemon   string   `json:"daemon"`
	Database string   `json:"database"`
	Expects  string   `json:"expects"` // schema
	Found    string   `json:"found"`   // schema
	Message  string   `json:"message"`
	Next     string   `json:"next"` // a command, or what to do in words
	// CannotTell is a rule that could not be held against what is there; the severity is that of what may be wrong.
	CannotTell bool `json:"cannot_tell,omitempty"`
}
