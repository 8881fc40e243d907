package fleet

import (
	"context"
	"time"

	"kea-lockstep/internal/kea"
)

// Observer looks at the fleet and changes nothing. Every call asks the world anew; nothing is served from memory.
//
// An error means that the question could not be put or its answer not be read; callers treat it as cannot tell.
type Observer interface {
	// Server takes the whole look at one server. An unreachable server is no error: its Reach says so.
	Server(ctx context.Context, name string) (Server, error)
	// Pulse takes the cheap look at one server, in one command.
	Pulse(ctx context.Context, name string) (Pulse, error)
	// Software asks what is installed on one server.
	Software(ctx context.Context, server string) (Software, error)
	// Files asks which configuration files lie on one server, in their places and staged.
	Files(ctx context.Context, server string) (Files, error)
	// Service asks every running daemon of one server for its evidence of service.
	Service(ctx context.Context, server string) ([]Service, error)
	// Database takes the whole look at one database from one place. An unreachable one is no error: its Reach says so.
	Database(ctx context.Context, at Place) (Database, error)
	// Meet says of each of the others whether it leads to the very database that the first place leads to, by a means that
	// writes nothing there.
	Meet(ctx context.Context, first Place, others []Place) ([]Verdict, error)
	// Clients takes the cheap look: schema version and sessions.
	Clients(ctx context.Context, at Place) (Clients, error)
	// Migration classifies the database between two schemas.
	Migration(ctx context.Context, at Place, before, target kea.Schema) (Migration, error)
	// Job says how far a job got. Its key is run, step and attempt.
	Job(ctx context.Context, server, run, step string, attempt int) (JobState, error)
	// Contents is a fingerprint of every row of the database: equal ones mean that nothing was written between.
	Contents(ctx context.Context, at Place) (string, error)
	// Written counts the leases that Kea wrote in the database at that time, by this machine's clock, or later.
	Written(ctx context.Context, at Place, since time.Time) (Written, error)
	// Remains is what runs left on one server.
	Remains(ctx context.Context, server string) (Remains, error)
}

// JobState is how far a job got.
type JobState string

// The states of a job. Lost was claimed, does not run and left no status: its effect tells, nothing else does.
const (
	JobAbsent  JobState = "absent"
	JobRunning JobState = "running"
	JobEnded   JobState = "ended"
	JobLost    JobState = "lost"
)
