package live

import (
	"context"
	"encoding/hex"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"kea-lockstep/dbcheck"
	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator/journal"
	"kea-lockstep/ssh"
)

// migrate lets the installed kea-admin migrate a database. It is never done anew by itself: how far one got is asked of the
// database.
func (f *Fleet) migrate(ctx context.Context, o order) (journal.Result, error) {
	d, err := o.database()
	if err != nil {
		return journal.Result{}, err
	}
	params, secrets, err := f.spoken(ctx, d.at, asOwner)
	if err != nil {
		return journal.Result{}, err
	}
	extra, err := f.extra(ctx, o, d, asOwner)
	if err != nil {
		return journal.Result{}, err
	}
	between := schemasBetween(d.Before, d.Target)
	words := make([]string, len(between))
	for i, v := range between {
		words[i] = v.String()
	}
	accounted, err := f.accounted(ctx, o)
	if err != nil {
		return journal.Result{}, err
	}
	_, err = f.do(ctx, o.on, job{
		order: o.Order, action: "migrate", engine: d.Engine, guard: true, secrets: secrets, climb: newClimb(o.Progress),
		params: slices.Concat(params, accounted, []ssh.Param{
			{Name: "before", Value: d.Before.String()}, {Name: "between", Value: strings.Join(words, " ")},
			extra, {Name: "run", Value: o.Run},
		}),
	})
	return journal.Result{}, err
}

// accounted are the sessions that a migration or a restore may find in the database beside its own.
func (f *Fleet) accounted(ctx context.Context, o order) ([]ssh.Param, error) {
	stay, err := f.allowedNumbers(ctx, o)
	return []ssh.Param{
		{Name: "ours", Value: strings.Join(append(f.ownNumbers(), stay...), ",")}, {Name: "allowed", Value: f.allowedHex()},
		{Name: "look", Value: dbcheck.Look},
	}, err
}

// ownNumbers lists the numbers of our connections, and of what else was seen to be ours or only to look: the migration finds them in
// the database and knows them by these.
func (f *Fleet) ownNumbers() []string {
	all := f.known.ours()
	for _, s := range f.standpoints() {
		s.mu.Lock()
		for _, ours := range []iter.Seq[uint64]{maps.Keys(s.own), maps.Keys(s.left)} {
			for number := range ours {
				all = append(all, strconv.FormatUint(number, 10))
			}
		}
		s.mu.Unlock()
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// allowedNumbers lists the numbers of the clients that may stay and are there: in PostgreSQL the account that migrates may not see
// where a session comes from.
func (f *Fleet) allowedNumbers(ctx context.Context, o order) ([]string, error) {
	if o.At.Engine != kea.PostgreSQL || len(f.file.Sessions.Allow) == 0 {
		return nil, nil
	}
	c, err := f.Clients(ctx, o.At)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, s := range c.Sessions {
		if s.Owner != fleet.OwnerKea && slices.Contains(f.file.Sessions.Allow, s.User+"@"+s.Address) {
			all = append(all, s.ID)
		}
	}
	return all, nil
}

// allowedHex lists the clients that may stay, in hexadecimal: no text of the fleet file becomes SQL.
func (f *Fleet) allowedHex() string {
	return hex.EncodeToString([]byte("-," + strings.Join(f.file.Sessions.Allow, ",")))
}

// extra are the options that kea-admin has to be given on top, for a database as an account.
func (f *Fleet) extra(ctx context.Context, o order, d database, as role) (ssh.Param, error) {
	in, err := f.placed(ctx, d.at)
	if err != nil {
		return ssh.Param{}, err
	}
	who, err := f.account(ctx, d.at, in.ref, as)
	if err != nil {
		return ssh.Param{}, err
	}
	return ssh.Param{Name: "extra", Value: strings.Join(append(adminOptions(o, d), adminOwn(in, who)...), " ")}, nil
}

// adminOptions are what kea-admin has to be given to get around known traps of its releases.
func adminOptions(o order, d database) []string {
	jump := kea.Jump{From: o.plan.Before, To: o.Plan.Target, Engine: d.Engine, Schema: d.Before, Port: d.at.Port, Name: d.at.Name, Server: d.Product}
	var options []string
	for _, t := range jump.Traps() {
		for _, option := range t.AdminOptions {
			if !slices.Contains(options, option) {
				options = append(options, option)
			}
		}
	}
	return options
}
