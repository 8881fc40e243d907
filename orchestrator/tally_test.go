package orchestrator_test

import (
	"fmt"
	"sync"
	"testing"
)

// tally counts what a part of the proof has tried, and the states of fleets that it came through. Each change of the world is held
// against the invariant as it happens, so that no state is passed unseen.
type tally struct {
	mu     sync.Mutex
	cases  int
	ends   map[string]int
	states map[string]bool
}

// counted prints at the test's end what was tried.
func counted(t *testing.T, what string) *tally {
	c := &tally{ends: map[string]int{}, states: map[string]bool{}}
	t.Cleanup(func() { t.Logf("%d %s; %d states of fleets visited; ended %v", c.cases, what, len(c.states), c.ends) })
	return c
}

// add counts one night.
func (c *tally) add(n *night) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cases++
	end := string(n.status().State)
	if end == "" {
		end = "without a run"
	}
	c.ends[end]++
	for state := range n.states {
		c.states[fmt.Sprint(n.name, state)] = true
	}
}
