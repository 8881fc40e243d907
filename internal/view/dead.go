package view

import (
	"fmt"

	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// dead says of each server that was declared dead what must be done before it may be switched on again: the run that fenced it is
// over, or goes on, without it, and nobody else will say it.
func (v Ending) dead(p *Page) {
	for _, server := range v.status.Servers {
		if !server.Dead {
			continue
		}
		for i, line := range v.burial(server) {
			p.labelled(bold, 2, first(i, "dead"), line)
		}
		p.blank()
	}
}

func (v Ending) burial(server journal.ServerStatus) []string {
	back, fenced := v.reached(server)
	must := fmt.Sprintf("Kea %s and its configuration", v.status.Target)
	if back {
		must = fmt.Sprintf("Kea %s and its old configuration", server.Before)
	}
	stands := "its fence stands and keeps its Kea from starting, at boot too: leave it until the rest is done"
	if !fenced {
		stands = "its fence may not stand: switch it on without a network, and first of all keep its Kea units from starting, as systemctl mask does"
	}
	return []string{
		fmt.Sprintf("%s was declared dead and is left as it was, with Kea %s as far as is known", server.Name, installedOn(server)),
		"DO NOT let its Kea run before all of this is done: it would serve from a database that others have changed",
		stands,
		fmt.Sprintf("then put %s on it; /var/lib/kea-lockstep/README on it says where packages and files are", must),
		"last lift the fence and remove the marker as that README says, and ask: kea-lockstep check" + v.at.Fleet,
	}
}

// reached says whether the server's group went back, and whether the server's fence is known to stand.
func (v Ending) reached(server journal.ServerStatus) (back, fenced bool) {
	for _, g := range v.status.Groups {
		if g.ID == server.Group {
			fence, lifted := g.Steps[string(orchestrator.KindFence)+"-"+server.Name], string(orchestrator.KindUnfence)+"-"+server.Name
			return g.BackingOut, fence.Done && g.Steps[lifted].Attempt == 0 && g.Steps[orchestrator.WayBackTo(lifted)].Attempt == 0
		}
	}
	return false, false
}

func installedOn(server journal.ServerStatus) kea.Version {
	if server.After != (kea.Version{}) {
		return server.After
	}
	return server.Before
}
