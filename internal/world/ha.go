package world

import (
	"fmt"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator"
)

// A server that was started without its partner waits for it, and serves alone once the partner was silent for so long:
// max-response-delay and a heartbeat.
const partnerDown = 70 * time.Second

// partner is the other server of a High Availability pair: k1 and k2, k3 and k4. Nil where there is none.
func (w *World) partner(s *server) *server {
	for i, one := range w.servers {
		if other := i ^ 1; one == s && w.ha && other < len(w.servers) {
			return w.servers[other]
		}
	}
	return nil
}

// offer is what a DHCPDISCOVER gets of a daemon, where one is sent.
func (w *World) offer(s *server, p process) fleet.Verdict {
	if !w.ha {
		return fleet.Doubt("no probe is configured")
	}
	if with := w.partner(s); with != nil && !p.paired && time.Since(p.started) < partnerDown {
		return fleet.Deny("no DHCPOFFER: it waits for %s", with.name)
	}
	return fleet.Affirm("DHCPOFFER")
}

// pair notes that a server and its partner have met, if both run: whoever is left alone after that serves on.
func (w *World) pair(s *server) {
	with := w.partner(s)
	if with == nil || len(with.processes) == 0 {
		return
	}
	for _, one := range []*server{s, with} {
		for i := range one.processes {
			one.processes[i].paired = true
		}
	}
}

// partnerServes notes where the run stops a server whose partner it holds already, though nothing but their schema, shared by both, would
// be a reason to have them down together.
func (w *World) partnerServes(s *server, o orchestrator.Order) {
	with := w.partner(s)
	if with == nil || len(s.processes) == 0 || o.Back() {
		return
	}
	if _, together := o.Group.Server(with.name); together && o.Group.Mode == orchestrator.Lockstep {
		return
	}
	if with.units[0].fence != "" {
		w.together = append(w.together, fmt.Sprintf("%s was stopped while its partner %s is held", s.name, with.name))
	}
}

// Together gives the moments in which the run took partners down together.
func (w *World) Together() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.together...)
}
