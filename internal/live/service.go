package live

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/ssh"
)

// Service asks every running daemon of a server for its evidence.
func (f *Fleet) Service(ctx context.Context, name string) ([]fleet.Service, error) {
	s, err := f.server(name)
	if err != nil {
		return nil, err
	}
	relay := ""
	if p := f.file.Confirm.DHCPProbe; p != nil {
		relay = p.Relay.String()
	}
	out, err := f.run(ctx, s, call{action: "service", look: true, timeout: 30 * time.Second, params: []ssh.Param{{Name: "relay", Value: relay}}})
	if err != nil {
		return nil, err
	}
	found, err := parseSections(out)
	if err != nil {
		return nil, fmt.Errorf("%s: service: %w", name, err)
	}
	all, err := f.running(ctx, s, found)
	if err != nil {
		return nil, fmt.Errorf("%s: service: %w", name, err)
	}
	services := make([]fleet.Service, len(all))
	var wait sync.WaitGroup
	for i := range all {
		wait.Go(func() { services[i] = f.evidence(ctx, s, all[i], found) })
	}
	wait.Wait()
	return services, nil
}

// daemon is a running daemon with what its server's script saw of it.
type daemon struct {
	fleet.Process
	active  bool
	config  fleet.Config
	network network
}

// network is where a process is: the address that it answers the relay of the DHCP probe from, and what keeps its connections from being told.
type network struct{ source, problem string }

// networks reads the network of each process.
func networks(rows [][]string) map[string]network {
	all := map[string]network{}
	for _, row := range rows {
		n := network{source: row[1]}
		if row[3] != "yes" {
			n.problem = "it is in another network namespace than " + cmp.Or(row[2], "the server's own") +
				", where its unit has it: name it there (NetworkNamespacePath=, or ip netns exec NAME in ExecStart=), or its sessions look like somebody else's"
		}
		all[row[0]] = n
	}
	return all
}

// running gives the daemons that a unit runs.
func (f *Fleet) running(ctx context.Context, s *server, found sections) ([]daemon, error) {
	book, _ := s.playbook()
	configs := f.configs(ctx, s, found.rows("configs", configFields))
	shown := map[string]map[string]string{}
	for _, block := range found.properties("show") {
		shown[block["Id"]] = block
	}
	where := networks(found.rows("networks", 4))
	var all []daemon
	for _, row := range found.rows("processes", 5) {
		p, err := parseProcess(row, book)
		if err != nil {
			return nil, err
		}
		if p.Unit == "" || shown[p.Unit]["MainPID"] != strconv.Itoa(p.PID) {
			continue // by hand, or a child of the daemon
		}
		d := daemon{Process: p, active: shown[p.Unit]["ActiveState"] == "active", network: where[row[0]]}
		for _, c := range configs {
			if c.Unit == p.Unit {
				d.config = c
			}
		}
		all = append(all, d)
	}
	return all, nil
}

// evidence asks one daemon.
func (f *Fleet) evidence(ctx context.Context, s *server, d daemon, found sections) fleet.Service {
	v := fleet.Service{Unit: d.Unit, Daemon: d.Daemon, Active: d.active, PID: d.PID, Started: d.Process.Started}
	v.Problem = cmp.Or(d.config.Problem, d.network.problem)
	var wait sync.WaitGroup
	wait.Go(func() { f.askControl(ctx, s, d, &v) })
	wait.Go(func() { v.Log = f.readLog(ctx, s, d, found["log\t"+strconv.Itoa(d.PID)]) })
	wait.Go(func() { v.Session = f.hasSessions(ctx, s, d, found) })
	wait.Go(func() { v.Offer = f.offer(ctx, d, d.network.source) })
	wait.Wait()
	return v
}

// hasSessions says whether the process holds a connection to each database that its configuration names.
func (f *Fleet) hasSessions(ctx context.Context, s *server, d daemon, found sections) fleet.Verdict {
	if !d.Daemon.UsesDatabase() {
		return fleet.Doubt("%s uses no database", d.Daemon)
	}
	if len(d.config.Parsed.Databases) == 0 {
		return fleet.Affirm("it names no database")
	}
	peers := map[string]bool{}
	for _, row := range found.rows("peers", 2) {
		if row[0] == strconv.Itoa(d.PID) {
			peers[normalPeer(row[1])] = true
		}
	}
	for _, ref := range d.config.Parsed.Databases {
		ends, err := f.ends(ctx, s, ref)
		if err != nil {
			return fleet.Doubt("%v", err)
		}
		if !anyOf(peers, ends) {
			return fleet.Deny("pid %d holds no connection to %s", d.PID, ref.Key())
		}
	}
	return fleet.Affirm("pid %d holds its connections", d.PID)
}

func anyOf(set map[string]bool, names []string) bool {
	for _, n := range names {
		if set[n] {
			return true
		}
	}
	return false
}

// ends gives the far ends that a connection to the database can have, as its server's kernel would name them.
func (f *Fleet) ends(ctx context.Context, s *server, ref kea.DatabaseRef) ([]string, error) {
	if path, ok := s.socket(ref); ok {
		return []string{runPath(path)}, nil
	}
	addresses := []string{cmp.Or(ref.Host, "localhost")}
	if _, err := netip.ParseAddr(ref.Host); err != nil {
		if addresses, err = f.resolve(ctx, s, addresses[0]); err != nil {
			return nil, err
		}
	}
	var ends []string
	if ref.Host == "" { // not there means localhost, and there but empty PostgreSQL's own socket
		book, _ := s.playbook()
		ends = append(ends, runPath(book.Engines[string(ref.Engine)].Socket))
	}
	for _, a := range addresses {
		if ip, err := netip.ParseAddr(a); err == nil {
			ends = append(ends, netip.AddrPortFrom(ip.Unmap(), uint16(ref.EffectivePort())).String())
		}
	}
	return ends, nil
}

// runPath gives a path in /var/run, which leads to /run, the form that can be compared.
func runPath(path string) string {
	if rest, ok := strings.CutPrefix(path, "/var/run/"); ok {
		return "/run/" + rest
	}
	return path
}

// normalPeer gives an address and port as ss prints them ("[::ffff:192.0.2.5]:3306", "[fe80::1%eth0]:22", or a path) the one
// form that can be compared.
func normalPeer(s string) string {
	peer, err := netip.ParseAddrPort(s)
	if err != nil {
		return runPath(s)
	}
	return netip.AddrPortFrom(peer.Addr().Unmap(), peer.Port()).String()
}

// resolve asks a server which addresses a name has there.
func (f *Fleet) resolve(ctx context.Context, s *server, name string) ([]string, error) {
	if !isName(name) {
		return nil, fmt.Errorf("%s: %q is no host name", s.name(), name)
	}
	out, err := f.run(ctx, s, call{action: "resolve", look: true, timeout: 15 * time.Second, params: []ssh.Param{{Name: "names", Value: name}}})
	if err != nil {
		return nil, err
	}
	found, err := parseSections(out)
	if err != nil {
		return nil, fmt.Errorf("%s: resolving %s: %w", s.name(), name, err)
	}
	var addresses []string
	for _, row := range found.rows("names", 2) {
		addresses = append(addresses, row[1])
	}
	if len(addresses) == 0 {
		return nil, fmt.Errorf("%s: the name %s has no address there", s.name(), name)
	}
	return addresses, nil
}
