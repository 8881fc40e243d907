package live

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// unitPrefix begins the names of the transient units that jobs and tests run in.
const unitPrefix = "kea-lockstep-"

// own asks the servers that sessions come from which process each one belongs to. Ask holds indexes of sessions by server.
func (f *Fleet) own(ctx context.Context, engine kea.Engine, ask map[string][]int, sessions []fleet.Session) {
	var wait sync.WaitGroup
	for name, indexes := range ask {
		wait.Go(func() {
			if engine == kea.MySQL && local(sessions, indexes) {
				f.ownLocal(ctx, name, indexes, sessions)
				return
			}
			ends := make([]end, len(indexes))
			for i, index := range indexes {
				ends[i] = endOf(sessions[index])
			}
			holders, err := f.holders(ctx, name, ends)
			for _, i := range indexes {
				s := &sessions[i]
				if err != nil {
					s.Owner = fleet.OwnerUnknown
					continue
				}
				held := holders[endOf(*s)]
				s.Owner, s.Process = f.owner(held)
				number, err := strconv.ParseUint(s.ID, 10, 64)
				switch {
				case err == nil && f.servers[name].leftBehind(number, held):
					s.Owner = fleet.OwnerOurs
				case s.Owner == fleet.OwnerGhost && s.Port == 0:
					s.Owner = fleet.OwnerUnknown // in a container the server's processes have other numbers
				}
			}
		})
	}
	wait.Wait()
}

func local(sessions []fleet.Session, indexes []int) bool {
	return slices.ContainsFunc(indexes, func(i int) bool { return sessions[i].Port == 0 })
}

func endOf(s fleet.Session) end {
	if s.Port != 0 {
		return end{port: s.Port}
	}
	return end{backend: s.ID}
}

// owner judges the processes that hold a connection; several can after a fork.
func (f *Fleet) owner(all []holder) (fleet.Owner, string) {
	if len(all) == 0 {
		return fleet.OwnerGhost, ""
	}
	name := func(h holder) string { return fmt.Sprintf("%s[%s]", h.name, h.pid) }
	if i := slices.IndexFunc(all, func(h holder) bool { return strings.HasPrefix(lastOf(h.unit), unitPrefix) }); i >= 0 {
		return fleet.OwnerOurs, name(all[i])
	}
	if i := slices.IndexFunc(all, func(h holder) bool { return isDaemon(h.name) }); i >= 0 {
		return fleet.OwnerKea, name(all[i])
	}
	return fleet.OwnerOther, name(all[0])
}

// lastOf gives the unit's name of a control group's path. What a unit's processes make below it belongs to it.
func lastOf(path string) string {
	if before, _, ok := strings.Cut(path, ".service/"); ok {
		path = before + ".service"
	}
	return path[strings.LastIndexByte(path, '/')+1:]
}

// ownLocal attributes sessions over the socket of a MySQL on the server itself: the database tells neither port nor process, so
// only the processes that are there can tell.
func (f *Fleet) ownLocal(ctx context.Context, name string, indexes []int, sessions []fleet.Session) {
	p, err := f.Pulse(ctx, name)
	for _, i := range indexes {
		s := &sessions[i]
		s.Owner = fleet.OwnerUnknown
		if err == nil && len(p.Processes) > 0 {
			s.Owner, s.Process = fleet.OwnerKea, fmt.Sprintf("%s[%d]", p.Processes[0].Daemon, p.Processes[0].PID)
		}
	}
}

func isDaemon(name string) bool {
	return strings.HasPrefix(name, "kea-dhcp") || name == "kea-ctrl-agent"
}
