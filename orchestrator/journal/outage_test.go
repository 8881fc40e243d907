package journal_test

import (
	"testing"
	"time"

	"kea-lockstep/orchestrator/journal"
)

// A clock that was set back tells nothing of the outage.
func TestTheOutageSoFar(t *testing.T) {
	at := time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)
	before := func(seconds int) time.Time { return at.Add(time.Duration(-seconds) * time.Second) }
	for _, c := range []struct {
		outage journal.Outage
		want   time.Duration
	}{
		{journal.Outage{}, 0},
		{journal.Outage{Stopped: before(6)}, 6 * time.Second},
		{journal.Outage{Stopped: before(6), Past: []journal.Span{{From: before(10), Until: before(9)}}}, 7 * time.Second},
		{journal.Outage{Stopped: before(6), Back: before(2)}, 4 * time.Second},
		{journal.Outage{Stopped: before(6), Rolled: true}, 0},
		{journal.Outage{Stopped: before(6), Back: before(8)}, 0},
		{journal.Outage{Stopped: before(-1)}, 0},
	} {
		if got := c.outage.SoFar(at); got != c.want {
			t.Errorf("%+v: %v, want %v", c.outage, got, c.want)
		}
	}
}
