package kea

import (
	"fmt"
	"regexp"
	"strings"
)

// Mismatch is Kea's refusal to run against a schema that it does not expect.
type Mismatch struct {
	Engine          Engine
	Expected, Found Schema
}

// String is the mismatch in short.
func (m Mismatch) String() string {
	return fmt.Sprintf("expects %s %s, found %s", m.Engine.backendName(), m.Expected, m.Found)
}

// mismatchText is the refusal in all releases: "expected version: 30.0, found
// version: 22.2" since 2.5.6, "need version: 14.0 found version: 13.0" before
// and, with two blanks, in the forensic log of all.
var mismatchText = regexp.MustCompile(`(MySQL|PostgreSQL) schema version mismatch: (?:expected|need) version: (\d{1,6}\.\d{1,6}),? found version:\s+(\d{1,6}\.\d{1,6})`)

// FindMismatch finds the refusal in a log line, an answer or the output of a
// configuration test.
func FindMismatch(text string) (Mismatch, bool) {
	m := mismatchText.FindStringSubmatch(text)
	if m == nil {
		return Mismatch{}, false
	}
	engine, _ := engineOf(m[1])
	expected, err := ParseSchema(m[2])
	if err != nil {
		return Mismatch{}, false
	}
	found, err := ParseSchema(m[3])
	return Mismatch{Engine: engine, Expected: expected, Found: found}, err == nil
}

// TestFlag is the option by which a version's daemons test a configuration
// most thoroughly: -T, which does all that -t does and opens the databases as
// well, since 2.3.6.
func TestFlag(v Version) string {
	if v.AtLeast(2, 3, 6) {
		return "-T"
	}
	return "-t"
}

// ConfigTest is the outcome of `kea-dhcp4 -t` or `-T`.
type ConfigTest struct {
	Passed bool
	// Reason is why it did not pass, in Kea's own words without secrets.
	Reason string
	// Mismatch is set where the database's schema is why.
	Mismatch *Mismatch
	// MissingHook is the engine whose hook library the configuration lacks.
	MissingHook Engine
	// Initialized says that the test created a schema in an empty database
	// (2.5.6 and later, -T only). The configuration names a wrong database,
	// and Passed is false whatever the exit status was.
	Initialized bool
}

// missingHook is the end of what Kea 2.7.4 and later says when the library is
// not loaded; the words before it blame the build.
var missingHook = regexp.MustCompile(`load libdhcp_(mysql|pgsql) hook library`)

// ParseConfigTest reads what a configuration test printed on both its outputs.
func ParseConfigTest(exitStatus int, output string) ConfigTest {
	test := ConfigTest{Passed: exitStatus == 0}
	for line := range strings.Lines(output) {
		if m, ok := ParseLogLine(line); ok && strings.HasSuffix(m.ID, "_INITIALIZE_SCHEMA") {
			test.Passed, test.Initialized = false, true
			test.Reason = "the database was empty, and Kea created a schema in it"
		}
	}
	if test.Passed || test.Initialized {
		return test
	}
	test.Reason = failure(output)
	if m, ok := FindMismatch(output); ok {
		test.Mismatch = &m
	}
	if m := missingHook.FindStringSubmatch(output); m != nil {
		test.MissingHook, _ = engineOf(m[1])
	}
	return test
}

// failure is the line that says why (main.cc of kea-dhcp4), or the last one.
func failure(output string) string {
	last := ""
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		for _, prefix := range []string{"Error encountered: ", "Syntax check failed with: "} {
			if reason, ok := strings.CutPrefix(line, prefix); ok {
				return withoutSecrets(reason)
			}
		}
		if m, ok := ParseLogLine(line); ok && m.Severity != "" {
			line = m.ID + " " + m.Text
		}
		if line != "" {
			last = line
		}
	}
	return withoutSecrets(last)
}
