package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator"
	"kea-lockstep/ssh"
)

// Try lets the target's unpacked binary test the configuration that a unit is to have, beside the daemon that runs: with -t as it is
// to be, which opens nothing; and, where the release has it, with -T moved aside, over the scratch databases.
func (f *Fleet) Try(ctx context.Context, r orchestrator.Rehearsal, name string, u orchestrator.UnitPlan, copies []fleet.DatabaseID) ([]orchestrator.Tried, error) {
	o, err := f.rehearses(ctx, r, name)
	if err != nil {
		return nil, unreached(err)
	}
	t, err := f.tryout(ctx, o, r, u)
	if err != nil {
		return nil, unreached(err)
	}
	whole, err := f.tried(ctx, t, "-t", []kea.Edit{{File: t.path, New: t.text}}, nil)
	if err != nil {
		return nil, unreached(err)
	}
	all := []orchestrator.Tried{whole}
	if flag := kea.TestFlag(o.Plan.Target); flag != "-t" && u.Daemon.UsesDatabase() && whole.Verdict.OK() {
		deep, err := f.deep(ctx, t, flag, copies)
		if err != nil {
			return all, unreached(err)
		}
		all = append(all, deep)
	}
	return all, nil
}

// tryout is a unit's configuration as it is to be.
type tryout struct {
	order
	rehearsal orchestrator.Rehearsal
	unit      orchestrator.UnitPlan
	program   string
	path      string
	text      []byte
}

func (f *Fleet) tryout(ctx context.Context, o order, r orchestrator.Rehearsal, u orchestrator.UnitPlan) (tryout, error) {
	t := tryout{order: o, rehearsal: r, unit: u}
	known, ok := o.book.Unit(u.Name)
	if !ok {
		return t, fmt.Errorf("%s: the playbook does not know %s", o.Server, u.Name)
	}
	t.program = known.Program
	today, err := f.today(ctx, o.on)
	if err != nil {
		return t, err
	}
	i := slices.IndexFunc(today, func(c fleet.Config) bool { return c.Unit == u.Name })
	if i < 0 {
		return t, fmt.Errorf("%s: %s has no configuration", o.Server, u.Name)
	}
	t.path, t.text = today[i].Path, today[i].Text
	if j := slices.IndexFunc(o.plan.Files, func(m orchestrator.FileMove) bool { return m.Path == t.path }); j >= 0 {
		t.text, err = f.become(ctx, o, o.plan.Files[j])
	}
	return t, err
}

// deep tests the configuration moved aside.
func (f *Fleet) deep(ctx context.Context, t tryout, flag string, copies []fleet.DatabaseID) (orchestrator.Tried, error) {
	include := f.includes(ctx, t.on)
	parsed, err := kea.ReadConfig(t.path, t.text, include)
	if err != nil {
		return orchestrator.Tried{}, err
	}
	stands := map[string]kea.StandIn{}
	for _, ref := range parsed.Databases {
		to, ok, err := f.standIn(ctx, t, ref, copies)
		if err != nil {
			return orchestrator.Tried{}, err
		}
		if ok {
			stands[ref.String()] = to
		}
	}
	aside, err := kea.MoveAside(t.path, t.text, include, func(ref kea.DatabaseRef) (kea.StandIn, bool) {
		to, ok := stands[ref.String()]
		return to, ok
	})
	if err != nil {
		return orchestrator.Tried{}, err
	}
	if !slices.ContainsFunc(aside.Edits, func(e kea.Edit) bool { return e.File == t.path }) {
		aside.Edits = append(aside.Edits, kea.Edit{File: t.path, New: t.text})
	}
	return f.tried(ctx, t, flag, aside.Edits, aside.Untested)
}

// standIn gives the scratch database in the place of one that a configuration names, by its identity, as the account that made it: it
// alone is let into it. False where there is no copy, or that account does not log in from here.
func (f *Fleet) standIn(ctx context.Context, t tryout, ref kea.DatabaseRef, copies []fleet.DatabaseID) (kea.StandIn, bool, error) {
	at := fleet.PlaceOf(t.Server, ref)
	db, err := f.database(ctx, at, asKea, toRead)
	if err != nil {
		return kea.StandIn{}, false, err
	}
	is, err := db.Identity(ctx)
	if err != nil {
		return kea.StandIn{}, false, fmt.Errorf("%s: %w", t.Server, err)
	}
	id := fleet.DatabaseID(is.String())
	if !slices.Contains(copies, id) {
		return kea.StandIn{}, false, nil
	}
	who, err := f.account(ctx, at, ref, asAdmin)
	if err != nil || who.via != t.Server {
		return kea.StandIn{}, false, err
	}
	return kea.StandIn{Name: scratchOf(t.rehearsal, id).name, User: who.user, Password: who.password}, true, nil
}

// tried puts files into the room and lets the binary test them in the places of today's.
func (f *Fleet) tried(ctx context.Context, t tryout, flag string, files []kea.Edit, untested []string) (orchestrator.Tried, error) {
	tried := orchestrator.Tried{Daemon: t.unit.Daemon, Unit: t.unit.Name, Config: t.path, Flag: flag, Untested: append([]string{}, untested...)}
	room := roomOf(t.book, t.rehearsal.ID)
	var copies strings.Builder
	for i, file := range files {
		aside := path.Join(room, "aside", fmt.Sprintf("%s%s.%d", plainName(t.unit.Name), flag, i))
		if err := t.on.host.Put(ctx, ssh.File{Path: aside, Mode: 0o600, Owner: "root:root", Content: file.New}); err != nil {
			return tried, sshError(err)
		}
		fmt.Fprintf(&copies, "%s %s\n", aside, absolute(file.File))
	}
	known, _ := t.book.Unit(t.unit.Name)
	out, err := f.run(ctx, t.on, call{action: "try", timeout: testLimit, params: []ssh.Param{
		{Name: "unit", Value: t.unit.Name}, {Name: "program", Value: t.program}, {Name: "config", Value: known.Config},
		{Name: "flag", Value: flag}, {Name: "name", Value: fmt.Sprintf("%s%s-try-%s%s", unitPrefix, t.rehearsal.ID, plainName(t.unit.Name), flag)},
		{Name: "root", Value: path.Join(room, "root")}, {Name: "copies", Value: copies.String()},
	}})
	status := 0
	var said *scriptError
	if errors.As(err, &said) {
		status = said.status
	} else if err != nil {
		return tried, err
	}
	tried.Verdict = judged(status, string(out))
	return tried, nil
}

// judged reads what a test beside the daemon ended with. It may write nowhere, so that one that has to could not be run; and what comes of
// anybody before the binary is no answer of it.
func judged(status int, out string) fleet.Verdict {
	before, said, ran := strings.Cut(out, "@tested\n")
	if !ran {
		return fleet.Doubt("it could not be run: %s", orNothing(tail(ssh.Printable([]byte(before)))))
	}
	test := kea.ParseConfigTest(status, said)
	reason := ssh.Printable([]byte(test.Reason))
	switch {
	case test.Passed:
		return fleet.Affirm("passes")
	case status > 1:
		return fleet.Doubt("it could not be run (exit status %d): %s", status, orNothing(reason))
	case strings.Contains(said, "Read-only file system"):
		return fleet.Doubt("it writes where a test beside the daemon may not: %s", reason)
	}
	return fleet.Deny("%s", logged(reason, said))
}

// logged adds to a reason what the binary logged as errors besides, as far as somebody reads.
func logged(reason, said string) string {
	const most = 3
	all := reason
	for i, one := range kea.Errors(said) {
		one = ssh.Printable([]byte(one))
		if _, text, _ := strings.Cut(one, " "); i < most && !strings.Contains(one, reason) && !strings.Contains(reason, text) {
			all += "\n" + one
		}
	}
	return all
}

func orNothing(said string) string { return cmp.Or(said, "nothing was said") }
