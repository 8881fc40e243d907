//go:build lab

package lab

import "context"

// What happens to the database's server as a whole. Freeze, PowerCut and CutNetwork of DatabaseHost are more of it.

// RestartDatabase restarts the engine as its administrator does, and returns when it answers: every session breaks.
func (f *Fleet) RestartDatabase(ctx context.Context) error {
	if err := f.databaseUnit(ctx, "restart"); err != nil {
		return err
	}
	return f.awaitDatabase(ctx)
}

// StopDatabase stops the engine: every session breaks, and connections are refused.
func (f *Fleet) StopDatabase(ctx context.Context) error { return f.databaseUnit(ctx, "stop") }

// StartDatabase starts a stopped engine, and returns when it answers.
func (f *Fleet) StartDatabase(ctx context.Context) error {
	if err := f.databaseUnit(ctx, "start"); err != nil {
		return err
	}
	return f.awaitDatabase(ctx)
}

// FreezeDatabase stops every process of the engine where it stands: connections are taken by the kernel, and nothing is
// answered. Sessions stay, and their locks.
func (f *Fleet) FreezeDatabase(ctx context.Context) error { return f.databaseUnit(ctx, "freeze") }

// ThawDatabase lets a frozen engine go on.
func (f *Fleet) ThawDatabase(ctx context.Context) error { return f.databaseUnit(ctx, "thaw") }

func (f *Fleet) databaseUnit(ctx context.Context, verb string) error {
	_, err := f.Run(ctx, DatabaseHost, "systemctl "+verb+" "+f.Engine.dialect().unit)
	return err
}

// MakeReadOnly lets nobody but superusers write to the database any more: MariaDB's read_only, as on a primary that was just
// made a replica; PostgreSQL's default_transaction_read_only, which a client may undo for itself, as Kea does not.
func (f *Fleet) MakeReadOnly(ctx context.Context) error {
	_, err := f.SQL(ctx, f.Engine.dialect().readOnly)
	return err
}

// MakeWritable undoes MakeReadOnly.
func (f *Fleet) MakeWritable(ctx context.Context) error {
	_, err := f.SQL(ctx, f.Engine.dialect().readWrite)
	return err
}
