//go:build lab

package product

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Events gives what the journals of this tool's runs hold.
func (t Tool) Events() ([]Event, error) {
	files, err := filepath.Glob(filepath.Join(t.State, "runs", "*.jsonl"))
	if err != nil {
		return nil, fmt.Errorf("finding the journals: %w", err)
	}
	var all []Event
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading a journal: %w", err)
		}
		for line := range strings.Lines(string(text)) {
			var e Event
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				return nil, fmt.Errorf("reading a journal: %w: %q", err, line)
			}
			all = append(all, e)
		}
	}
	return all, nil
}

// Begun lists the steps that the runs of this tool began, by their journals.
func (t Tool) Begun() (steps []string, err error) {
	all, err := t.Events()
	for _, e := range all {
		if e.Type == "step-begun" {
			steps = append(steps, e.Step)
		}
	}
	return steps, err
}

// What changes in a line of a journal that another clock dated: its time, the hash of the line before it, and its own, which is of all that
// stands before that.
var (
	lineTime = regexp.MustCompile(`"time":"([^"]+)"`)
	linePrev = regexp.MustCompile(`"prev":"[^"]*"`)
	lineHash = regexp.MustCompile(`,"hash":"([0-9a-f]{32})"}$`)
)

// Dated gives a journal as a machine whose clock is ahead by so much would have written it.
func Dated(text []byte, ahead time.Duration) ([]byte, error) {
	var all bytes.Buffer
	before := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		at, cut := lineTime.FindStringSubmatch(line), lineHash.FindStringIndex(line)
		if at == nil || cut == nil {
			return nil, fmt.Errorf("dating a journal: no time or no hash in %q", line)
		}
		written, err := time.Parse(time.RFC3339Nano, at[1])
		if err != nil {
			return nil, fmt.Errorf("dating a journal: %w", err)
		}
		body := strings.Replace(line[:cut[0]], at[1], written.Add(ahead).Format(time.RFC3339Nano), 1)
		if before != "" {
			body = linePrev.ReplaceAllString(body, `"prev":"`+before+`"`)
		}
		sum := sha256.Sum256([]byte(body))
		before = hex.EncodeToString(sum[:16])
		fmt.Fprintf(&all, "%s,\"hash\":\"%s\"}\n", body, before)
	}
	return all.Bytes(), nil
}
