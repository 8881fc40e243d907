package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kea-lockstep/dbcheck"
	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
	"kea-lockstep/playbooks"
	"kea-lockstep/ssh"
)

// order is an order with the server that it is for.
type order struct {
	orchestrator.Order
	on   *server
	plan orchestrator.ServerPlan
	book playbooks.Playbook
}

// Do carries an order out.
func (f *Fleet) Do(ctx context.Context, given orchestrator.Order) (journal.Result, error) {
	result, err := f.carryOut(ctx, given)
	return result, unreached(err)
}

// unreached says of an error that came of no answer, and of nothing else, that it did.
func unreached(err error) error {
	away := errors.Is(err, ssh.ErrUnreachable) || errors.Is(err, dbcheck.ErrUnreachable)
	if !away || errors.Is(err, orchestrator.ErrFateUnknown) {
		return err
	}
	return fmt.Errorf("%w: %w", orchestrator.ErrUnreached, err)
}

func (f *Fleet) carryOut(ctx context.Context, given orchestrator.Order) (journal.Result, error) {
	s, err := f.server(given.Server)
	if err != nil {
		return journal.Result{}, err
	}
	book, err := f.book(ctx, s)
	if err != nil {
		return journal.Result{}, err
	}
	o := order{Order: given, on: s, book: book}
	o.plan, _ = given.Group.Server(given.Server)
	switch o.Kind {
	case orchestrator.KindClaim:
		return journal.Result{}, f.claim(ctx, o)
	case orchestrator.KindRelease:
		return journal.Result{}, f.release(ctx, o)
	case orchestrator.KindFence:
		return journal.Result{}, f.act(ctx, o, "fence", ssh.Param{Name: "run", Value: o.Run}, o.fence())
	case orchestrator.KindUnfence:
		return journal.Result{}, f.unfence(ctx, o)
	case orchestrator.KindStop:
		return journal.Result{}, f.act(ctx, o, "stop", ssh.Param{Name: "stop", Value: o.units(anyUnit)})
	case orchestrator.KindStart:
		return journal.Result{}, f.act(ctx, o, "start", ssh.Param{Name: "start", Value: o.units(o.starts)})
	case orchestrator.KindPrefetch:
		return f.prefetch(ctx, o)
	case orchestrator.KindStage:
		return journal.Result{}, f.stage(ctx, o)
	case orchestrator.KindConfigure:
		return journal.Result{}, f.configure(ctx, o)
	case orchestrator.KindInstall:
		return journal.Result{}, f.install(ctx, o)
	case orchestrator.KindTest:
		return f.test(ctx, o)
	case orchestrator.KindDump:
		if o.ByCommand() {
			return f.backUp(ctx, o)
		}
		if o.ByCopy() {
			return f.copyBeside(ctx, o)
		}
		return f.dump(ctx, o, "")
	case orchestrator.KindKeep:
		return f.dump(ctx, o, beforeRollback)
	case orchestrator.KindProve:
		return f.prove(ctx, o)
	case orchestrator.KindMigrate:
		return f.migrate(ctx, o)
	case orchestrator.KindRestore:
		if o.ByCommand() {
			return f.putBack(ctx, o)
		}
		return f.restore(ctx, o)
	}
	return journal.Result{}, fmt.Errorf("%s: nobody here knows how to %s", o.Server, o.Kind)
}

// act runs an action that is over as soon as its script is, under the marker's lock.
func (f *Fleet) act(ctx context.Context, o order, action string, params ...ssh.Param) error {
	_, err := f.run(ctx, o.on, call{action: action, params: params, guard: guardOf(o.book.State, o.Order), timeout: actLimit})
	return err
}

// actLimit is how long a short action may take: systemd gives a unit 90 s to stop.
const actLimit = 110 * time.Second

// units names the plan's units that a rule takes, apart by blanks.
func (o order) units(take func(orchestrator.UnitPlan) bool) string {
	var names []string
	for _, u := range o.plan.Units {
		if take(u) {
			names = append(names, u.Name)
		}
	}
	return strings.Join(names, " ")
}

func anyUnit(orchestrator.UnitPlan) bool { return true }

// starts: it ran before, and what the order leads to still has the daemon.
func (o order) starts(u orchestrator.UnitPlan) bool { return u.Ran && o.has(u) }

func (o order) has(u orchestrator.UnitPlan) bool { return o.Back() || !u.Gone }

func (o order) fence() ssh.Param { return ssh.Param{Name: "fence", Value: o.units(anyUnit)} }

func (f *Fleet) unfence(ctx context.Context, o order) error {
	is := func(state string) func(orchestrator.UnitPlan) bool {
		return func(u orchestrator.UnitPlan) bool { return u.Enabled == state && !u.Masked && o.has(u) }
	}
	return f.act(ctx, o, "unfence", ssh.Param{Name: "run", Value: o.Run}, o.fence(),
		ssh.Param{Name: "masked", Value: o.units(func(u orchestrator.UnitPlan) bool { return u.Masked })},
		ssh.Param{Name: "enabled", Value: o.units(is("enabled"))},
		ssh.Param{Name: "disabled", Value: o.units(is("disabled"))})
}

// claim takes the server for this drive.
func (f *Fleet) claim(ctx context.Context, o order) error {
	marker, readme, err := f.marker(o)
	if err != nil {
		return err
	}
	_, err = f.run(ctx, o.on, call{action: "claim", timeout: actLimit, params: []ssh.Param{
		{Name: "run", Value: o.Run}, {Name: "epoch", Value: fmt.Sprint(o.Epoch)},
		{Name: "marker", Value: marker}, {Name: "readme", Value: readme},
		{Name: "packages", Value: o.packageDir(to) + " " + o.packageDir(from)},
	}})
	var said *scriptError
	if errors.As(err, &said) {
		switch said.status {
		case claimedByAnother:
			return fmt.Errorf("%s: held by another run: %s", o.Server, said.said)
		case claimedByNewer:
			return fmt.Errorf("%s: %s: %w", o.Server, said.said, orchestrator.ErrSuperseded)
		}
	}
	return err
}

// What claim.sh says by its status.
const (
	claimedByAnother = 10
	claimedByNewer   = 11
)

// database gives what an order on a database needs: the plan's entry and the way to log in.
type database struct {
	orchestrator.DatabasePlan
	at fleet.Place
}

func (o order) database() (database, error) {
	d, ok := o.Group.Database(o.Database)
	if !ok {
		return database{}, fmt.Errorf("%s: the plan has no database %q", o.Server, o.Database)
	}
	return database{d, o.At}, nil
}

// release lets go of a server: what only the run needed goes with its marker.
func (f *Fleet) release(ctx context.Context, o order) error {
	if err := f.tidy(ctx, o); err != nil {
		return err
	}
	return f.act(ctx, o, "release", ssh.Param{Name: "run", Value: o.Run})
}

// dumpOf gives what the dump, or the copy, reported that is proved and restored.
func (o order) dumpOf(d database) (map[string]string, error) {
	id := orchestrator.DumpID(d.Backup().Server, d.DatabasePlan)
	facts := o.Results(id).Facts
	if facts[journal.FactCopy] == "" && (facts[journal.FactPath] == "" || facts[journal.FactDigest] == "") {
		return nil, fmt.Errorf("%s: no backup of %s was reported (%s)", o.Server, d.Name, id)
	}
	return facts, nil
}

// places gives the places of the group's databases as this server names them.
func (o order) places() []fleet.Place {
	var all []fleet.Place
	for _, d := range o.Group.Databases {
		i := slices.IndexFunc(d.Places, func(p fleet.Place) bool { return p.Server == o.Server })
		if i >= 0 {
			all = append(all, d.Places[i])
		}
	}
	return all
}
