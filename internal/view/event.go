package view

import (
	"encoding/json"
	"fmt"

	"kea-lockstep/orchestrator/journal"
)

// Event writes one event as a line of JSON.
func Event(e journal.Event) (string, error) {
	text, err := json.Marshal(struct {
		Format string `json:"format"`
		journal.Event
	}{"kea-lockstep.event/1", e})
	if err != nil {
		return "", fmt.Errorf("writing event %d: %w", e.Seq, err)
	}
	return string(text) + "\n", nil
}
