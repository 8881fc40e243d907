package live

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
	"kea-lockstep/ssh"
)

// pins gives the plan's packages of one way as the package manager wants them, apart by a separator between name and version.
func (o order) pins(version func(orchestrator.PackageMove) string, between, apart string) string {
	var all []string
	for _, p := range o.plan.Packages {
		if version(p) != "" {
			all = append(all, p.Name+between+version(p))
		}
	}
	return strings.Join(all, apart)
}

// gone names the packages that one way ends without.
func (o order) gone(version func(orchestrator.PackageMove) string) string {
	var all []string
	for _, p := range o.plan.Packages {
		if version(p) == "" {
			all = append(all, p.Name)
		}
	}
	return strings.Join(all, " ")
}

func to(p orchestrator.PackageMove) string   { return p.To }
func from(p orchestrator.PackageMove) string { return p.From }

// prefetch simulates the upgrade, refuses what would hurt, and fetches the packages of both ways.
func (f *Fleet) prefetch(ctx context.Context, o order) (journal.Result, error) {
	t, err := f.simulated(ctx, o)
	if err != nil {
		return journal.Result{}, err
	}
	if why := t.harms(o.book.Keep, strings.Fields(o.gone(to))); why != "" {
		return journal.Result{}, fmt.Errorf("%s: the upgrade would %s", o.Server, why)
	}
	return journal.Result{Saw: fmt.Sprintf("%d packages change", len(t.install))}, f.fetch(ctx, o, o.Order)
}

// simulated asks the package manager what the upgrade would do.
func (f *Fleet) simulated(ctx context.Context, o order) (transaction, error) {
	out, err := f.run(ctx, o.on, call{action: "simulate", look: true, params: []ssh.Param{
		{Name: "wanted", Value: o.pins(to, "=", " ")}, {Name: "gone", Value: o.gone(to)},
	}})
	return parseTransaction(out), err
}

// fetch fetches the packages of both ways.
func (f *Fleet) fetch(ctx context.Context, o order, key orchestrator.Order) error {
	_, err := f.do(ctx, o.on, job{order: key, action: "prefetch", again: true, params: []ssh.Param{
		{Name: "on", Value: o.pins(to, "=", " ")}, {Name: "back", Value: o.pins(from, "=", " ")},
		{Name: "gone", Value: o.gone(to)}, {Name: "on_dir", Value: o.packageDir(to)}, {Name: "back_dir", Value: o.packageDir(from)},
	}})
	return err
}

// packageDir names the directory of one way's packages: the same packages have the same name, whichever run fetched them.
func (o order) packageDir(version func(orchestrator.PackageMove) string) string {
	return orchestrator.Digest([]byte(o.pins(version, "=", "\n")))[:16]
}

// transaction is what the package manager would do.
type transaction struct{ install, remove []string }

var simulated = regexp.MustCompile(`^(Inst|Remv|Purg) (\S+)`)

func parseTransaction(out []byte) transaction {
	var t transaction
	for line := range strings.Lines(string(out)) {
		switch m := simulated.FindStringSubmatch(line); {
		case m == nil:
		case m[1] == "Inst":
			t.install = append(t.install, m[2])
		default:
			t.remove = append(t.remove, m[2])
		}
	}
	return t
}

// harms says what in a transaction must not be: the removal of what the plan does not remove, or a change of what the upgrade itself
// stands on.
func (t transaction) harms(keep, gone []string) string {
	remove := slices.DeleteFunc(slices.Clone(t.remove), func(name string) bool { return slices.Contains(gone, name) })
	if len(remove) > 0 {
		return "remove " + strings.Join(remove, ", ")
	}
	for _, name := range t.install {
		for _, pattern := range keep {
			if ok, err := path.Match(pattern, name); err != nil || ok {
				return "change " + name
			}
		}
	}
	return ""
}

// notFetched is the status of install.sh where its packages are not there.
const notFetched = 12

// install installs the packages of one way, which were fetched before.
func (f *Fleet) install(ctx context.Context, o order) error {
	version, way := to, "on"
	if o.Back() {
		version, way = from, "back"
	}
	installs := job{order: o.Order, action: "install", guard: true, again: true, params: []ssh.Param{
		{Name: "dir", Value: o.packageDir(version)}, {Name: "check", Value: o.pins(version, " ", "\n")},
		{Name: "gone", Value: o.gone(version)}, {Name: "way", Value: way}, o.fence(),
	}}
	_, err := f.do(ctx, o.on, installs)
	var said *scriptError
	if !errors.As(err, &said) || said.status != notFetched {
		return err
	}
	key := o.Order
	key.ID += "-fetch"
	if err := f.fetch(ctx, o, key); err != nil {
		return err
	}
	installs.order.ID += "-again"
	_, err = f.do(ctx, o.on, installs)
	return err
}

// testLimit is how long a configuration test may take: it opens its databases.
const testLimit = 90 * time.Second
