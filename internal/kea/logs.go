package kea

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Message is a line of a daemon's log.
type Message struct {
	ID       string // DHCP4_STARTED
	Severity string // FATAL, ERROR, WARN, INFO or DEBUG; empty where the operator's own pattern leaves it out
	Logger   string // kea-dhcp4.dhcp4
	PID      int    // 0 where the line does not have it
	Text     string // what follows the id, without secrets
}

// logLine is a line in Kea's default patterns (src/lib/log/output_option.cc),
// behind whatever syslog or the journal put before it:
//
//	2026-11-22 02:03:16.123 INFO  [kea-dhcp4.dhcp4/1234.140221] DHCP4_STARTED Kea DHCPv4 server version 3.0.3 started
//	INFO  [kea-dhcp4.dhcp4.140221] DHCP4_STARTED ...
var (
	logLine    = regexp.MustCompile(`\b(FATAL|ERROR|WARN|INFO|DEBUG)\s+\[([^\s\]/]+)(?:/(\d{1,10}))?[^\s\]]*\]\s+([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:\s+(.*))?`)
	messageID  = regexp.MustCompile(`(?:^|\s)([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:\s+(.*))?`)
	startedID  = regexp.MustCompile(`^(?:DHCP4|DHCP6|DHCP_DDNS|CTRL_AGENT)_STARTED$`)
	startedSay = regexp.MustCompile(`\bversion (\S+) started`)
)

// ParseLogLine reads a line of a log. It is false for what is no message of
// Kea: a line of another program, or the rest of a message over several lines.
func ParseLogLine(line string) (Message, bool) {
	line = strings.TrimRight(line, "\r\n")
	if m := logLine.FindStringSubmatch(line); m != nil {
		pid, _ := strconv.Atoi(m[3]) // absent, or at most ten digits
		return Message{Severity: m[1], Logger: m[2], PID: pid, ID: m[4], Text: withoutSecrets(m[5])}, true
	}
	if m := messageID.FindStringSubmatch(line); m != nil {
		return Message{ID: m[1], Text: withoutSecrets(m[2])}, true
	}
	return Message{}, false
}

// Started reports whether the line says that a daemon is ready, and which
// version it is. Being active is not enough: systemd calls a daemon so that
// is still failing to reach its database.
func Started(line string) (Version, bool) {
	m, ok := ParseLogLine(line)
	if !ok || !startedID.MatchString(m.ID) {
		return Version{}, false
	}
	said := startedSay.FindStringSubmatch(m.Text)
	if said == nil {
		return Version{}, true
	}
	v, _ := ParseVersion(said[1]) // unknown where a build has a version of its own
	return v, true
}

// fatalEndings are the ends of the ids of messages after which a daemon does
// not serve, with or without DHCP4_, DHCP6_, DCTL_ and the like before them
// (the *_messages.mes of 2.2.0 to 3.3.0).
var fatalEndings = []string{
	"_INIT_FAIL",
	"_CONFIG_LOAD_FAIL",
	"_CONFIG_FILE_LOAD_FAIL",
	"_CONFIG_FAIL",
	"_CONFIG_UNRECOVERABLE_ERROR",
	"_PARSER_FAIL",
	"_PARSER_COMMIT_FAIL",
	"_SRV_CONSTRUCT_ERROR",
	"_ALREADY_RUNNING",
	"_PID_FILE_ERROR",
	"_SESSION_FAIL",
	"_OPEN_SOCKETS_FAILED",
	"_HOOKS_LIBS_RELOAD_FAIL",
	"_DB_RECONNECT_FAILED",
	"_DB_RECONNECT_DISABLED",
	"_FATAL_ERROR", // unrecoverable errors of a database
	"LEGAL_LOG_LOAD_ERROR",
	"DHCPSRV_UNKNOWN_DB",
	// The daemon found no schema and is making an empty one: it was pointed at
	// the wrong database, and would serve without a single lease.
	"_INITIALIZE_SCHEMA",
}

// Fatal reports whether the line says that the daemon does not serve, or must
// not: one of the messages of failure, anything of severity FATAL, or a schema
// mismatch in whatever message.
func Fatal(line string) (Message, bool) {
	m, ok := ParseLogLine(line)
	_, mismatch := FindMismatch(line)
	if !ok {
		return Message{Text: withoutSecrets(strings.TrimSpace(line))}, mismatch
	}
	fatal := m.Severity == "FATAL" || mismatch || strings.Contains(m.ID, "_FATAL_") ||
		slices.ContainsFunc(fatalEndings, func(end string) bool { return strings.HasSuffix(m.ID, end) })
	return m, fatal
}

// Errors gives what a program logged of severity ERROR or FATAL, each once, in its own words without secrets. Where a test of a
// configuration ends with "One or more hook libraries failed to load", these say which, and why.
func Errors(output string) []string {
	var all []string
	for line := range strings.Lines(output) {
		m, ok := ParseLogLine(line)
		said := strings.TrimSpace(m.ID + " " + m.Text)
		if ok && (m.Severity == "ERROR" || m.Severity == "FATAL") && !slices.Contains(all, said) {
			all = append(all, said)
		}
	}
	return all
}

// jsonSecret and optionSecret find secrets in logs: configurations that are
// logged whole, and the kea-admin command that Kea logs with its password up
// to 3.1.1, 3.0.x and 2.6.x (ChangeLog 2401).
var (
	jsonSecret   = regexp.MustCompile(`(?i)("[^"\s]*(?:password|secret)"\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|[^\s,}]+)`)
	optionSecret = regexp.MustCompile(`(?i)(--password[= ]).*`)
)

// withoutSecrets takes passwords out of a line of a log.
func withoutSecrets(text string) string {
	text = jsonSecret.ReplaceAllString(text, `${1}"`+redacted+`"`)
	return optionSecret.ReplaceAllString(text, `${1}`+redacted)
}
