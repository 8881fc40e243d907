package fleet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"kea-lockstep/internal/kea"
)

// Survey takes the whole look at the named servers and at every database that their configurations name, from each server's
// own standpoint, at most parallel at a time. What could not be asked is in the facts as such; the error is only ctx's.
func Survey(ctx context.Context, o Observer, names []string, parallel int) (Facts, error) {
	facts := Facts{Servers: make([]Server, len(names))}
	err := each(ctx, len(names), parallel, func(ctx context.Context, i int) {
		s, err := o.Server(ctx, names[i])
		if err != nil {
			s.Reach = Doubt("%v", err)
		}
		s.Name = names[i]
		facts.Servers[i] = s
	})
	if err != nil {
		return Facts{}, fmt.Errorf("surveying the servers: %w", err)
	}
	today, staged := endpointsOf(facts.Servers)
	all := slices.Concat(today, staged)
	seen := make([]Database, len(all))
	err = each(ctx, len(all), min(parallel, waysAtOnce), func(ctx context.Context, i int) {
		seen[i] = look(ctx, o, all[i])
	})
	if err != nil {
		return Facts{}, fmt.Errorf("surveying the databases: %w", err)
	}
	facts.Databases = merge(seen[:len(today)])
	if facts.Databases, err = prove(ctx, o, facts.Databases, parallel); err != nil {
		return Facts{}, fmt.Errorf("surveying the databases: %w", err)
	}
	facts.Staged = seen[len(today):]
	return facts, nil
}

// waysAtOnce is how many ways to databases are looked through at once: they may all lead to one server, and that lets only so many in.
const waysAtOnce = 8

func look(ctx context.Context, o Observer, e Endpoint) Database {
	d, err := o.Database(ctx, e.Place)
	if err != nil {
		d.Reach = Doubt("%v", err)
	}
	e.Account, e.Scratch = d.Account, d.Scratch
	d.Endpoints = []Endpoint{e}
	if d.ID == "" {
		d.ID = unknownID(e.Place)
		d.Engine, d.Name = e.Place.Engine, e.Place.Name
	}
	return d
}

// unknownID stands for a database that could not be asked who it is: it is never equal to another's.
func unknownID(p Place) DatabaseID {
	return DatabaseID(fmt.Sprintf("unknown:%s:%s:%s", p.Server, p.Engine, p))
}

func each(ctx context.Context, n, parallel int, do func(context.Context, int)) error {
	var g errgroup.Group
	g.SetLimit(max(parallel, 1))
	for i := range n {
		g.Go(func() error {
			do(ctx, i)
			return nil
		})
	}
	return errors.Join(g.Wait(), ctx.Err())
}

// endpointsOf gives each distinct way of a daemon to a database, by today's configurations and by the staged ones. A
// configuration that reads one database for several uses names it once.
func endpointsOf(servers []Server) (today, staged []Endpoint) {
	for _, s := range servers {
		for _, c := range s.Configs {
			for _, ref := range c.Parsed.Databases {
				add(&today, PlaceOf(s.Name, ref), c.Daemon, ref.Uses)
			}
			if c.Staged == nil {
				continue
			}
			for _, ref := range c.Staged.Parsed.Databases {
				add(&staged, PlaceOf(s.Name, ref), c.Daemon, ref.Uses)
			}
		}
	}
	return today, staged
}

func add(all *[]Endpoint, p Place, daemon kea.DaemonKind, uses []kea.Use) {
	i := slices.IndexFunc(*all, func(e Endpoint) bool { return e.Place == p && e.Daemon == daemon })
	if i < 0 {
		*all = append(*all, Endpoint{Place: p, Daemon: daemon, Uses: slices.Clone(uses)})
		return
	}
	for _, u := range uses {
		if !slices.Contains((*all)[i].Uses, u) {
			(*all)[i].Uses = append((*all)[i].Uses, u)
		}
	}
}

// merge makes one database of all that have the same identity. Doubts win: a database that one server cannot reach, or whose
// sessions one account cannot see, is in doubt, and what any account lacks is lacking. Which server migrates is not known here:
// what only that one needs is kept for each endpoint.
func merge(seen []Database) []Database {
	var merged []Database
	for _, d := range seen {
		i := slices.IndexFunc(merged, func(m Database) bool { return m.ID == d.ID })
		if i < 0 {
			merged = append(merged, d)
			continue
		}
		merged[i].add(d)
	}
	slices.SortFunc(merged, func(a, b Database) int { return cmp.Compare(a.ID, b.ID) })
	return merged
}

// add takes in what was seen of the database from elsewhere.
func (d *Database) add(seen Database) {
	d.Endpoints = append(d.Endpoints, seen.Endpoints...)
	d.Reach, d.Primary = All(d.Reach, seen.Reach), All(d.Primary, seen.Primary)
	d.Clients.Visible = All(d.Clients.Visible, seen.Clients.Visible)
	d.Clients.Sessions = union(d.Clients.Sessions, seen.Clients.Sessions)
	d.Empty = d.Empty || seen.Empty
	d.Zone = cmp.Or(d.Zone, seen.Zone)
	d.Structure, d.Lockable = All(d.Structure, seen.Structure), All(d.Lockable, seen.Lockable)
	if len(d.More) == 0 {
		d.More = seen.More
	}
	d.Scratch = All(d.Scratch, seen.Scratch)
	for _, l := range seen.Lacks {
		if !slices.Contains(d.Lacks, l) {
			d.Lacks = append(slices.Clip(d.Lacks), l)
		}
	}
	if seen.Same.Saw != "" {
		d.Same = seen.Same
	}
	for _, s := range seen.Sources {
		if !slices.Contains(d.Sources, s) {
			d.Sources = append(slices.Clip(d.Sources), s)
		}
	}
}

// union keeps of two looks at the same sessions what either saw.
func union(a, b []Session) []Session {
	all := slices.Clone(a)
	for _, s := range b {
		if !slices.ContainsFunc(all, func(t Session) bool { return t.ID == s.ID }) {
			all = append(all, s)
		}
	}
	return all
}
