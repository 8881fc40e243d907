package live

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
	"kea-lockstep/ssh"
)

// backUp lets the operator's own command back a database up, and counts what is in it. What the command said is all that shows that
// there is a backup.
func (f *Fleet) backUp(ctx context.Context, o order) (journal.Result, error) {
	d, err := o.database()
	if err != nil {
		return journal.Result{}, err
	}
	said, err := f.ownCommand(ctx, o, d, o.Plan.Options.Command, "backup", map[string]string{
		journal.FactBackup: fmt.Sprintf("%s-%s-%d", o.Run, d.Label, o.Attempt),
	})
	if err != nil {
		return journal.Result{}, err
	}
	count, err := f.counts(ctx, d)
	if err != nil {
		return journal.Result{}, err
	}
	return journal.Result{
		Saw: fmt.Sprintf("%s, exit status 0: %s", said[journal.FactBackup], last(said)),
		Facts: map[string]string{
			journal.FactBackup: said[journal.FactBackup], journal.FactSaid: said[journal.FactSaid],
			journal.FactDatabase: string(d.ID), journal.FactRows: count,
		},
	}, nil
}

// putBack lets the operator's own command restore the backup that it made. Whether it did is asked of the database.
func (f *Fleet) putBack(ctx context.Context, o order) (journal.Result, error) {
	d, err := o.database()
	if err != nil {
		return journal.Result{}, err
	}
	made := o.Results(orchestrator.DumpID(d.Backup().Server, d.DatabasePlan)).Facts
	if made[journal.FactBackup] == "" {
		return journal.Result{}, fmt.Errorf("%s: no backup of %s was reported", o.Server, d.Name)
	}
	said, err := f.ownCommand(ctx, o, d, o.Plan.Options.Restore, "restore", made)
	if err != nil {
		return journal.Result{}, err
	}
	return journal.Result{Saw: fmt.Sprintf("%s, exit status 0: %s", made[journal.FactBackup], last(said))}, nil
}

// last is what a command put out last, for people.
func last(said map[string]string) string {
	if said[journal.FactSaid] == "" {
		return "it said nothing"
	}
	return said[journal.FactSaid]
}

// ownActions are the scripts that run the operator's own command, by what that does.
var ownActions = map[string]string{"backup": "own-backup", "restore": "own-restore"}

// ownCommand runs an operator's own command as a job. One that was lost is never done anew by itself: only who wrote it knows what that
// would do.
func (f *Fleet) ownCommand(ctx context.Context, o order, d database, words []string, what string, backup map[string]string) (map[string]string, error) {
	params, secrets, err := f.spoken(ctx, d.at, asOwner)
	if err != nil {
		return nil, err
	}
	if what == "backup" { // it asks the database nothing
		known := []string{"host", "port", "user", "database"}
		params = slices.DeleteFunc(params, func(p ssh.Param) bool { return !slices.Contains(known, p.Name) })
		secrets = nil
	} else {
		accounted, err := f.accounted(ctx, o)
		if err != nil {
			return nil, err
		}
		params = append(params, accounted...)
	}
	out, err := f.do(ctx, o.on, job{
		order: o.Order, action: ownActions[what], engine: d.Engine, guard: true, secrets: secrets,
		params: append(params,
			ssh.Param{Name: "words", Value: strings.Join(words, "\n")}, ssh.Param{Name: "what", Value: what},
			ssh.Param{Name: "backup", Value: backup[journal.FactBackup]}, ssh.Param{Name: "said", Value: backup[journal.FactSaid]},
			ssh.Param{Name: "run", Value: o.Run}, ssh.Param{Name: "server", Value: o.Server}, ssh.Param{Name: "attempt", Value: fmt.Sprint(o.Attempt)},
			ssh.Param{Name: "id", Value: string(d.ID)}, ssh.Param{Name: "engine", Value: string(d.Engine)}, ssh.Param{Name: "schema", Value: d.Before.String()}),
	})
	return reported(out), err
}

// ownPrograms are the programs of the operator's own commands, which have to be on the servers.
func ownPrograms(b fleet.Backup) (all []string) {
	for _, words := range [][]string{b.Command, b.RestoreCommand} {
		if len(words) > 0 && !slices.Contains(all, words[0]) {
			all = append(all, words[0])
		}
	}
	return all
}
