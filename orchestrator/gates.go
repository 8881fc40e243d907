package orchestrator

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"kea-lockstep/internal/fleet"
)

// held asks each named server whether it is still held: no daemon, no kea-admin of somebody else's, every fence.
func (w scene) held(ctx context.Context, servers []string) fleet.Verdict {
	return w.onAll(servers, func(name string) fleet.Verdict {
		return w.pulse(ctx, name, func(p fleet.Pulse) fleet.Verdict {
			return fleet.All(noDaemon(p), noAdmin(p), w.fenceHolds(p), w.ours(p))
		})
	})
}

// noAdmin says whether nobody else's kea-admin is at work there. It holds a session for moments only, so the database need not show it.
func noAdmin(p fleet.Pulse) fleet.Verdict {
	if len(p.Admins) > 0 {
		return fleet.Deny("%s: kea-admin %s runs (pid %d), and it is not this run's", p.Name, p.Admins[0].Command, p.Admins[0].PID)
	}
	return fleet.Affirm("")
}

// noAdmins says whether nobody else's kea-admin is seen on any server. One that does not answer shows none.
func (w scene) noAdmins(ctx context.Context) fleet.Verdict {
	return w.onAll(w.group.Names(), func(name string) fleet.Verdict {
		if v := w.pulse(ctx, name, noAdmin); v.Answer == fleet.No {
			return v
		}
		return fleet.Affirm("")
	})
}

// ours says whether the server's marker is still this drive's.
func (w scene) ours(p fleet.Pulse) fleet.Verdict {
	if p.Claim.Run == w.run && p.Claim.Epoch == w.epoch {
		return fleet.Affirm("")
	}
	return fleet.Deny("%s: %s", p.Name, describeClaim(p.Claim))
}

// onAll asks about all servers at once.
func (w scene) onAll(servers []string, ask func(string) fleet.Verdict) fleet.Verdict {
	verdicts := make([]fleet.Verdict, len(servers))
	var wait sync.WaitGroup
	for i, name := range servers {
		wait.Go(func() { verdicts[i] = ask(name) })
	}
	wait.Wait()
	return fleet.All(verdicts...)
}

// noClients says whether no foreign client holds a session in any database of the group, seen from each of the servers named.
// Kea on a server that may run already, past the schema gate, is no stranger.
func (w scene) noClients(ctx context.Context, from []string, mayRun func(server string) bool) fleet.Verdict {
	var places []fleet.Place
	for _, d := range w.group.Databases {
		for _, p := range d.Places {
			if slices.Contains(from, p.Server) {
				places = append(places, p)
				break // every server's place reaches the same sessions; one look is enough
			}
		}
	}
	verdicts := make([]fleet.Verdict, len(places))
	var wait sync.WaitGroup
	for i, p := range places {
		wait.Go(func() {
			c, err := w.Clients(ctx, p)
			if err != nil {
				verdicts[i] = fleet.Doubt("%s: %v", p, err)
				return
			}
			verdicts[i] = w.strangers(p, c, mayRun)
		})
	}
	wait.Wait()
	return fleet.All(verdicts...)
}

// strangers names the sessions that nobody accounted for.
func (w scene) strangers(p fleet.Place, c fleet.Clients, mayRun func(string) bool) fleet.Verdict {
	if !c.Visible.OK() && !slices.Contains(w.plan.Accepted, UnprovableSessions) {
		return fleet.Verdict{Answer: fleet.CannotTell, Saw: fmt.Sprintf("%s: not every session can be seen: %s", p, c.Visible.Saw)}
	}
	for _, s := range c.Sessions {
		switch {
		case s.Owner == fleet.OwnerOurs:
		case s.Owner == fleet.OwnerKea && mayRun(s.Server):
		case s.Owner != fleet.OwnerKea && allowed(w.plan.Options.Allow, s):
		default:
			return fleet.Deny("%s: session %s of %s", p, s.ID, s)
		}
	}
	return fleet.Affirm("%s: no foreign client", p)
}

// allowed reports whether the fleet file lets the client stay connected. Kea's own sessions never are.
func allowed(allow []string, s fleet.Session) bool {
	return slices.Contains(allow, s.User+"@"+s.Address)
}

// together puts several questions at once and wants a yes to all.
func together(ask ...func() fleet.Verdict) fleet.Verdict {
	verdicts := make([]fleet.Verdict, len(ask))
	var wait sync.WaitGroup
	for i, q := range ask {
		wait.Go(func() { verdicts[i] = q() })
	}
	wait.Wait()
	return fleet.All(verdicts...)
}

// atTarget says whether every database of the group still is at the target's version. Its structure was phase 7's question, and
// since then every server that could change it was held.
func (w scene) atTarget(ctx context.Context) fleet.Verdict {
	var verdicts []fleet.Verdict
	for _, d := range w.group.Databases {
		c, err := w.Clients(ctx, d.At)
		switch {
		case err != nil:
			verdicts = append(verdicts, fleet.Doubt("%s: %v", d.At, err))
		case c.Schema != d.Target:
			verdicts = append(verdicts, fleet.Deny("%s is at schema %s, not %s", d.At, c.Schema, d.Target))
		default:
			verdicts = append(verdicts, fleet.Affirm("%s is at schema %s", d.At, c.Schema))
		}
	}
	return fleet.All(verdicts...)
}

// whole says whether every database of the group is at the target's schema, in structure too.
func (w scene) whole(ctx context.Context) fleet.Verdict {
	var verdicts []fleet.Verdict
	for _, d := range w.group.Databases {
		verdicts = append(verdicts, migrated(ctx, w, Step{Server: d.At.Server, Database: d.ID, At: d.At}))
	}
	return fleet.All(verdicts...)
}

// matches says, per server, whether the installed software is the target's and expects the schema that its databases are at.
func (w scene) matches(ctx context.Context, servers []string) fleet.Verdict {
	return w.onAll(servers, func(name string) fleet.Verdict {
		on := Step{Server: name}
		return fleet.All(installed(ctx, w, on), configured(ctx, w, on))
	})
}

// theOld says whether schema, software and configuration are the old ones on every server, and nobody is about to change that.
func (w scene) theOld(ctx context.Context) fleet.Verdict {
	return fleet.All(w.noAdmins(ctx), w.unmigrated(ctx), w.onAll(w.group.Names(), func(name string) fleet.Verdict {
		on := backwards(Step{Server: name})
		return fleet.All(installed(ctx, w, on), configured(ctx, w, on))
	}))
}

// unmigrated says whether every database of the group is still at its old schema, in structure too.
func (w scene) unmigrated(ctx context.Context) fleet.Verdict {
	var verdicts []fleet.Verdict
	for _, d := range w.group.Databases {
		verdicts = append(verdicts, untouched(ctx, w, Step{Server: d.At.Server, Database: d.ID, At: d.At}))
	}
	return fleet.All(verdicts...)
}

// serving says whether every server serves with what a way leads to, no fence stands, each unit may start as before, and every
// database is at that way's schema.
func (w scene) serving(ctx context.Context, back bool) fleet.Verdict {
	servers := w.onAll(w.group.Names(), func(name string) fleet.Verdict {
		on := Step{Server: name}
		if back {
			on = backwards(on)
		}
		return fleet.All(
			w.pulse(ctx, name, func(p fleet.Pulse) fleet.Verdict { return fleet.All(w.noFence(p), noneByHand(p), w.asEnabled(p, on)) }),
			confirmed(ctx, w, on),
		)
	})
	if back {
		return fleet.All(servers, w.theOld(ctx))
	}
	return fleet.All(servers, w.whole(ctx))
}

// asEnabled says whether each unit starts at boot exactly if it did before.
func (w scene) asEnabled(p fleet.Pulse, s Step) fleet.Verdict {
	for _, u := range w.serverPlan(p.Name).Units {
		now, ok := p.Unit(u.Name)
		if !ok || !u.kept(s) || u.Enabled == "" {
			continue
		}
		if now.Enabled != u.Enabled {
			return fleet.Deny("%s: %s is %s and was %s before", p.Name, u.Name, now.Enabled, u.Enabled)
		}
	}
	return fleet.Affirm("")
}
