package live

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"sync"

	"kea-lockstep/orchestrator"
)

// packed is the plan as the markers of a drive hold it: JSON in gzip in base64. A plan has every command of every server, so it
// grows with the fleet, and each server's marker holds all of it: as it is, two hundred servers would be sent two gigabytes. What a
// person reads of a marker stands beside it as text.
type packed struct {
	mu   sync.Mutex
	plan orchestrator.Plan
	text string
}

// pack packs a plan, once for all servers that are given the same one. A drive changes its plan by putting others in the place of
// its parts and groups, never within those, so a copy of both shows every change.
func (p *packed) pack(plan *orchestrator.Plan) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := *plan
	now.Groups, now.Options.Scripts = slices.Clone(now.Groups), nil // functions equal nothing, and are in no JSON
	if p.text != "" && reflect.DeepEqual(p.plan, now) {
		return p.text, nil
	}
	var out bytes.Buffer
	text := base64.NewEncoder(base64.StdEncoding, &out)
	zip := gzip.NewWriter(text)
	if err := json.NewEncoder(zip).Encode(now); err != nil {
		return "", fmt.Errorf("writing the plan for the markers: %w", err)
	}
	for _, one := range []io.Closer{zip, text} {
		if err := one.Close(); err != nil {
			return "", fmt.Errorf("writing the plan for the markers: %w", err)
		}
	}
	p.plan, p.text = now, out.String()
	return p.text, nil
}

// largestPlan is more than a plan for some thousand servers.
const largestPlan = 256 << 20

// unpack gives the plan of a marker as JSON. Markers of runs that an older kea-lockstep began hold it as it is.
func unpack(driven json.RawMessage) (json.RawMessage, error) {
	if !bytes.HasPrefix(driven, []byte{'"'}) {
		return driven, nil
	}
	var raw []byte // base64 in JSON
	if err := json.Unmarshal(driven, &raw); err != nil {
		return nil, fmt.Errorf("reading the marker's plan: %w", err)
	}
	zip, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("reading the marker's plan: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(zip, largestPlan+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the marker's plan: %w", err)
	case len(text) > largestPlan:
		return nil, fmt.Errorf("the marker's plan is larger than %d MB", largestPlan>>20)
	}
	return text, nil
}
