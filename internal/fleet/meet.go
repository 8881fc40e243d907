package fleet

import (
	"context"
	"slices"
)

// prove asks the databases themselves what their identities cannot say. The rule: wherever more than one way leads to what
// looks like one database, each way is proved to lead there, since copies of a machine say the same of themselves; and a
// database whose server an account is not told is held against each other of its engine, since it may be one of these.
// A replica goes to the database that it follows, so that its Kea counts to that one's group.
func prove(ctx context.Context, o Observer, databases []Database, parallel int) ([]Database, error) {
	databases = adoptReplicas(databases)
	databases, err := adoptUntold(ctx, o, databases)
	if err != nil {
		return nil, err
	}
	return databases, each(ctx, len(databases), parallel, func(ctx context.Context, i int) {
		if databases[i].Same.Saw == "" {
			databases[i].Same = meet(ctx, o, databases[i])
		}
	})
}

// adoptReplicas joins a replica with what it follows, where exactly one database of the fleet can be that.
func adoptReplicas(databases []Database) []Database {
	return adopt(databases, func(d Database, others []Database) int {
		var found []int
		for i, other := range others {
			if d.follows(other) {
				found = append(found, i)
			}
		}
		if len(found) != 1 {
			return -1
		}
		return found[0]
	})
}

func (d Database) follows(other Database) bool {
	return other.Engine == d.Engine && other.Name == d.Name && other.Called != "" &&
		slices.ContainsFunc(d.Sources, func(s Source) bool { return s.Called == other.Called })
}

// adoptUntold joins a database whose server is not told with one that it was seen to be. Such an account would take it for
// another database later in the run: it has to be mended first.
func adoptUntold(ctx context.Context, o Observer, databases []Database) ([]Database, error) {
	var told []Database
	for _, d := range databases {
		if d.asks() && !d.Weak {
			told = append(told, d)
		}
	}
	is := map[DatabaseID]DatabaseID{}
	for i := range databases {
		d := &databases[i]
		if !d.Weak || !d.asks() {
			continue
		}
		for _, other := range told {
			if other.Engine != d.Engine {
				continue
			}
			met, err := o.Meet(ctx, d.Endpoints[0].Place, []Place{other.Endpoints[0].Place})
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err == nil && met[0].OK() {
				is[d.ID] = other.ID
				at := d.Endpoints[0].Place
				d.Same = Deny("%s on %s is not told who the server is, but it is this one: %s; GRANT EXECUTE ON FUNCTION pg_control_system() TO %[1]s lets it be told",
					at.User, at.Server, met[0].Saw)
			}
		}
	}
	return adopt(databases, func(d Database, others []Database) int {
		return slices.IndexFunc(others, func(other Database) bool { return is[d.ID] == other.ID })
	}), nil
}

// adopt joins each database with the one that into names by its place among all; none where that is negative. Servers that
// follow one another in a circle are one.
func adopt(databases []Database, into func(d Database, all []Database) int) []Database {
	parent := make([]int, len(databases))
	for i, d := range databases {
		parent[i] = into(d, databases)
	}
	root := func(i int) int {
		least := i
		for range databases { // a way without a circle is shorter than this
			if parent[i] < 0 {
				return i
			}
			i = parent[i]
			least = min(least, i)
		}
		return least
	}
	var roots []int
	joined := map[int]*Database{}
	for i := range databases {
		if r := root(i); joined[r] == nil {
			roots = append(roots, r)
			joined[r] = &databases[r]
		}
	}
	for i := range databases {
		if r := root(i); r != i {
			joined[r].add(databases[i])
		}
	}
	kept := make([]Database, 0, len(roots))
	for _, r := range slices.Sorted(slices.Values(roots)) {
		kept = append(kept, *joined[r])
	}
	return kept
}

// asks says whether the database can be asked for a proof. A replica keeps locks to itself, and is refused as such.
func (d Database) asks() bool { return d.Reach.OK() && d.Primary.OK() }

// meet proves that every way to a database leads to it.
func meet(ctx context.Context, o Observer, d Database) Verdict {
	var ways []Place
	for _, e := range d.Endpoints {
		if !slices.ContainsFunc(ways, func(p Place) bool {
			return p.Server == e.Place.Server && p.Host == e.Place.Host && p.Port == e.Place.Port
		}) {
			ways = append(ways, e.Place)
		}
	}
	switch {
	case !d.Reach.OK():
		return Doubt("it cannot be read from everywhere")
	case !d.Primary.OK():
		return Doubt("a replica keeps locks to itself")
	case len(ways) == 1:
		return Affirm("one way leads to it")
	}
	met, err := o.Meet(ctx, ways[0], ways[1:])
	if err != nil {
		return Doubt("%v", err)
	}
	var doubts []Verdict
	for i, v := range met {
		if !v.OK() {
			doubts = append(doubts, Verdict{v.Answer, ways[i+1].String() + " from " + ways[i+1].Server + " and " + ways[0].String() + " from " + ways[0].Server + ": " + v.Saw})
		}
	}
	if len(doubts) == 0 {
		return Affirm("all %d ways lead to it: %s", len(ways), met[0].Saw)
	}
	return All(doubts...)
}
