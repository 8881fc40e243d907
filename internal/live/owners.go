package live

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/ssh"
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
			holders, err := f.holders(ctx, name, sessions, indexes)
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

// tcpEnd is a client's end of a connection over TCP. Whoever holds it does not change while it lasts.
type tcpEnd struct {
	id, server string
	port       int
}

// known are the connections that Kea's daemons and our own jobs were seen to hold, by the place from which the database was asked:
// the watch puts the same question every second, and to answer it is work for a server while clients wait.
type known struct {
	mu   sync.Mutex
	held map[fleet.Place]map[tcpEnd]fleet.Session
}

// recall attributes a session whose connection is known.
func (k *known) recall(at fleet.Place, s *fleet.Session) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	before, ok := k.held[at][tcpEnd{s.ID, s.Server, s.Port}]
	if ok {
		s.Owner, s.Process = before.Owner, before.Process
	}
	return ok
}

// keep takes the whole list of a place's sessions: what is not in it any more is forgotten.
func (k *known) keep(at fleet.Place, sessions []fleet.Session) {
	held := map[tcpEnd]fleet.Session{}
	for _, s := range sessions {
		if s.Port != 0 && s.Process != "" && (s.Owner == fleet.OwnerKea || s.Owner == fleet.OwnerOurs) {
			held[tcpEnd{s.ID, s.Server, s.Port}] = s
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.held == nil {
		k.held = map[fleet.Place]map[tcpEnd]fleet.Session{}
	}
	k.held[at] = held
}

// ours lists the numbers of our own among the newest lists, and of those of others that only look.
func (k *known) ours() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var ids []string
	for _, held := range k.held {
		for at, s := range held {
			if s.Owner == fleet.OwnerOurs {
				ids = append(ids, at.id)
			}
		}
	}
	return ids
}

// holder is a process that holds a connection.
type holder struct{ pid, name, unit string }

// end is what a client's end of a session is known by on its server: its port, or over a unix socket of PostgreSQL the process
// of the database that serves it.
type end struct {
	port    int
	backend string
}

func endOf(s fleet.Session) end {
	if s.Port != 0 {
		return end{port: s.Port}
	}
	return end{backend: s.ID}
}

// holders asks a server which processes hold its ends of the sessions.
func (f *Fleet) holders(ctx context.Context, name string, sessions []fleet.Session, indexes []int) (map[end][]holder, error) {
	s, err := f.server(name)
	if err != nil {
		return nil, err
	}
	var ports, backends []string
	for _, i := range indexes {
		if e := endOf(sessions[i]); e.port != 0 {
			ports = append(ports, strconv.Itoa(e.port))
		} else {
			backends = append(backends, e.backend)
		}
	}
	out, err := f.run(ctx, s, call{action: "sockets", look: true, timeout: 15 * time.Second, params: []ssh.Param{
		{Name: "ports", Value: strings.Join(ports, " ")}, {Name: "backends", Value: strings.Join(backends, " ")},
	}})
	if err != nil {
		return nil, err
	}
	return parseHolders(out)
}

func parseHolders(out []byte) (map[end][]holder, error) {
	found, err := parseSections(out)
	if err != nil {
		return nil, err
	}
	holders := map[end][]holder{}
	for _, row := range found.rows("sockets", 4) {
		if port, err := strconv.Atoi(row[0]); err == nil {
			holders[end{port: port}] = append(holders[end{port: port}], holder{row[1], row[2], row[3]})
		}
	}
	for _, row := range found.rows("backends", 4) {
		at := end{backend: row[0]}
		holders[at] = append(holders[at], holder{row[1], row[2], row[3]})
	}
	return holders, nil
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

// byAddress finds the server that has an address, by what each says of itself. Known is false where it was not found and a
// server could not be asked.
func (f *Fleet) byAddress(ctx context.Context, from, address string) (name string, known bool, err error) {
	ip, parsed := netip.ParseAddr(address)
	if parsed != nil {
		s, err := f.server(from)
		if err != nil {
			return "", false, err
		}
		all, err := f.resolve(ctx, s, address) // the database resolves names: the server that asked it can, too
		if err != nil {
			return "", true, nil
		}
		ip, parsed = netip.ParseAddr(all[0])
		if parsed != nil {
			return "", true, nil
		}
	}
	if name := f.whoHas(ip); name != "" {
		return name, true, nil
	}
	known = f.learnAddresses(ctx)
	return f.whoHas(ip), known, nil
}

func (f *Fleet) whoHas(ip netip.Addr) string {
	for _, name := range f.names() {
		s := f.servers[name]
		s.mu.Lock()
		has := slices.Contains(s.addresses, ip.Unmap().String())
		s.mu.Unlock()
		if has {
			return name
		}
	}
	return ""
}

// addressAge is how long a server's list of its own addresses is taken to hold.
const addressAge = 15 * time.Second

// learnAddresses asks every server for its addresses whose list is not fresh, and says whether all could be asked.
func (f *Fleet) learnAddresses(ctx context.Context) bool {
	missing := make([]bool, len(f.file.Servers))
	var wait sync.WaitGroup
	for i, name := range f.names() {
		s := f.servers[name]
		s.mu.Lock()
		fresh := time.Since(s.asked) < addressAge
		s.mu.Unlock()
		if fresh {
			continue
		}
		wait.Go(func() { missing[i] = f.learn(ctx, s) != nil })
	}
	wait.Wait()
	return !slices.Contains(missing, true)
}

func (f *Fleet) learn(ctx context.Context, s *server) error {
	out, err := f.run(ctx, s, call{action: "resolve", look: true, timeout: 15 * time.Second, params: []ssh.Param{{Name: "names", Value: ""}}})
	if err != nil {
		return err
	}
	found, err := parseSections(out)
	if err != nil {
		return err
	}
	var addresses []string
	for _, line := range found["addresses"] {
		// Every machine has the loopback ones.
		if ip, err := netip.ParseAddr(line); err == nil && !ip.IsLoopback() {
			addresses = append(addresses, ip.Unmap().String())
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addresses, s.asked = addresses, time.Now()
	return nil
}
