package live

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"kea-lockstep/dbcheck"
	"kea-lockstep/internal/fleet"
	"kea-lockstep/ssh"
)

// origins finds the fleet servers that the sessions of one list come from.
type origins struct {
	fleet   *Fleet
	by      map[string]string // servers by the addresses that they said they have
	named   map[string]string // addresses by the names that the database gave
	learned bool
	whole   bool // every server could be asked for its addresses
}

// origins asks the server that a list was got from for all names in it at once. The database resolves names: the server that asked
// it can, too.
func (f *Fleet) origins(ctx context.Context, from string, list []dbcheck.Session) *origins {
	o := &origins{fleet: f, by: f.byAddress()}
	var names []string
	for _, s := range list {
		if _, err := netip.ParseAddr(s.Host); err != nil && !overSocket(s) && !s.Hidden {
			names = append(names, s.Host)
		}
	}
	if len(names) == 0 {
		return o
	}
	slices.Sort(names)
	if s, err := f.server(from); err == nil {
		o.named, _ = f.addressesOf(ctx, s, slices.Compact(names)) // what has no address is nobody's of the fleet
	}
	return o
}

// of finds the fleet server that a session comes from. Known is false where that could not be found out for want of an answer.
func (o *origins) of(ctx context.Context, at fleet.Place, s dbcheck.Session) (name string, known bool) {
	switch {
	case s.Hidden:
		return "", true
	case overSocket(s) || isLoopback(s.Host):
		return o.runsOn(ctx, at)
	}
	return o.find(ctx, s.Host)
}

func overSocket(s dbcheck.Session) bool {
	return s.Port == 0 && (s.Host == "localhost" || s.Host == "")
}

// runsOn finds the fleet server that a database runs on, if it is one.
func (o *origins) runsOn(ctx context.Context, at fleet.Place) (name string, known bool) {
	if at.Host == "" || at.Host == "localhost" || strings.HasPrefix(at.Host, "/") || isLoopback(at.Host) {
		return at.Server, true
	}
	if _, err := netip.ParseAddr(at.Host); err != nil && o.named[at.Host] == "" {
		if s, err := o.fleet.server(at.Server); err == nil {
			more, _ := o.fleet.addressesOf(ctx, s, []string{at.Host})
			if o.named == nil {
				o.named = map[string]string{}
			}
			o.named[at.Host] = more[at.Host]
		}
	}
	return o.find(ctx, at.Host)
}

// find finds the server that has an address, by what each says of itself. Known is false where it was not found and a server
// could not be asked.
func (o *origins) find(ctx context.Context, address string) (name string, known bool) {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		if ip, err = netip.ParseAddr(o.named[address]); err != nil {
			return "", true
		}
	}
	at := ip.Unmap().String()
	if name := o.by[at]; name != "" {
		return name, true
	}
	if !o.learned {
		o.whole, o.learned = o.fleet.learnAddresses(ctx), true
		o.by = o.fleet.byAddress()
	}
	return o.by[at], o.whole
}

// byAddress gives the servers by the addresses that they said they have; the first of several that say so of the same one.
func (f *Fleet) byAddress() map[string]string {
	by := map[string]string{}
	for _, entry := range f.file.Servers {
		s := f.servers[entry.Name]
		s.mu.Lock()
		for _, address := range s.addresses {
			if by[address] == "" {
				by[address] = entry.Name
			}
		}
		s.mu.Unlock()
	}
	return by
}

// addressAge is how long a server's list of its own addresses is taken to hold.
const addressAge = 15 * time.Second

// learnAddresses asks every server for its addresses whose list is not fresh, and says whether all could be asked.
func (f *Fleet) learnAddresses(ctx context.Context) bool {
	missing := make([]bool, len(f.file.Servers))
	var wait sync.WaitGroup
	for i, entry := range f.file.Servers {
		if s := f.servers[entry.Name]; !s.fresh() {
			wait.Go(func() { missing[i] = f.learn(ctx, s) != nil })
		}
	}
	wait.Wait()
	return !slices.Contains(missing, true)
}

// fresh says whether the server told its addresses lately.
func (s *server) fresh() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Since(s.asked) < addressAge
}

// learn asks one server, once for all that want to know at the same time.
func (f *Fleet) learn(ctx context.Context, s *server) error {
	select {
	case s.learning <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-s.learning }()
	if s.fresh() {
		return nil
	}
	asked := time.Now()
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
	s.addresses, s.asked = addresses, asked
	return nil
}

// addressesOf asks a server for the first address that each of these names has there; those that have none are left out.
func (f *Fleet) addressesOf(ctx context.Context, s *server, names []string) (map[string]string, error) {
	names = slices.DeleteFunc(names, func(name string) bool { return !isName(name) })
	if len(names) == 0 {
		return nil, nil
	}
	out, err := f.run(ctx, s, call{action: "resolve", look: true, timeout: 15 * time.Second, params: []ssh.Param{{Name: "names", Value: strings.Join(names, " ")}}})
	if err != nil {
		return nil, err
	}
	found, err := parseSections(out)
	if err != nil {
		return nil, err
	}
	first := map[string]string{}
	for _, row := range found.rows("names", 2) {
		if first[row[0]] == "" {
			first[row[0]] = row[1]
		}
	}
	return first, nil
}

// isName reports whether a name can be one word of a script's list.
func isName(name string) bool {
	return name != "" && !strings.ContainsAny(name, " \t\n*?[") && !strings.HasPrefix(name, "-")
}
