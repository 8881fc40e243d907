package world

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// job is a long effect that outlives the connection of who started it.
type job struct {
	state  fleet.JobState
	ended  chan struct{}
	result journal.Result
	err    error
	lost   bool
	at     journal.Progress // how far it has come, where it says so
	moved  chan struct{}    // closed when it comes farther
}

func newJob() *job {
	return &job{state: fleet.JobRunning, ended: make(chan struct{}), moved: make(chan struct{})}
}

// comes says how far a job has come, to whoever waits for it.
func (j *job) comes(at journal.Progress) {
	j.at = at
	close(j.moved)
	j.moved = make(chan struct{})
}

func (j *job) lose() {
	if j.state == fleet.JobRunning {
		j.state, j.lost = fleet.JobLost, true
		close(j.ended)
	}
}

func (j *job) end(r journal.Result, err error) {
	if j.lost {
		return
	}
	j.state, j.result, j.err = fleet.JobEnded, r, err
	close(j.ended)
}

func jobKey(run, step string, attempt int) string { return fmt.Sprintf("%s/%s/%d", run, step, attempt) }

// newestJobs gives the newest attempt of each job of a run.
func (s *server) newestJobs(run string) []fleet.Job {
	var all []fleet.Job
	for key, j := range s.jobs {
		parts := strings.Split(key, "/")
		attempt, err := strconv.Atoi(parts[2])
		if err != nil || parts[0] != run {
			continue
		}
		is := fleet.Job{Step: parts[1], Attempt: attempt, State: j.state}
		if j.err == nil {
			is.Facts = maps.Clone(j.result.Facts)
		}
		i := slices.IndexFunc(all, func(other fleet.Job) bool { return other.Step == is.Step })
		switch {
		case i < 0:
			all = append(all, is)
		case all[i].Attempt < attempt:
			all[i] = is
		}
	}
	return all
}

// errJob is what a job that ended badly reports.
var errJob = errors.New("the job exited with status 1")

// start claims a job's key and runs its body, or finds the one that has it. It waits for the end as far as ctx lets it.
func (w *World) job(ctx context.Context, s *server, o orchestrator.Order, body func(*job) (journal.Result, error)) (journal.Result, error) {
	key := jobKey(o.Run, o.ID, o.Attempt)
	j, found := s.jobs[key]
	if !found {
		w.alone(s, o)
		j = newJob()
		s.jobs[key] = j
		go func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			r, err := body(j)
			j.end(r, err)
		}()
	}
	w.await(ctx, j, o.Progress)
	switch {
	case j.state == fleet.JobEnded:
		return j.result, j.err
	default:
		return journal.Result{}, fmt.Errorf("job %s on %s is %s: %w", key, s.name, j.state, orchestrator.ErrFateUnknown)
	}
}

// await waits for a job's end as far as ctx lets it, and passes on how far the job has come: to whoever finds it under way, at once.
func (w *World) await(ctx context.Context, j *job, tell func(journal.Progress)) {
	told := journal.Progress{}
	for {
		at, moved := j.at, j.moved
		w.mu.Unlock()
		if at != told && tell != nil {
			tell(at)
			told = at
		}
		over := false
		select {
		case <-moved:
		case <-j.ended:
			over = true
		case <-ctx.Done():
			over = true
		}
		w.mu.Lock()
		if over {
			return
		}
	}
}

// alone notes a violation where a step's job is started while one of another attempt still runs, or a database is migrated or
// restored while another job is at it.
func (w *World) alone(s *server, o orchestrator.Order) {
	for _, on := range w.servers {
		for key, j := range on.jobs {
			step := strings.Split(key, "/")[1]
			if j.state == fleet.JobRunning && (on == s && step == o.ID || excludes(step, o.ID)) {
				w.violate("%s attempt %d was started while %s runs", o.ID, o.Attempt, key)
			}
		}
	}
}

// excludes reports whether two steps are jobs on one database, by its label, of which one changes it.
func excludes(one, other string) bool {
	changes := func(step string) bool {
		return strings.HasPrefix(step, "migrate-") || strings.HasPrefix(step, "restore-")
	}
	label := func(step string) string { return step[strings.LastIndex(step, "-"):] }
	return (changes(one) || changes(other)) && label(one) == label(other)
}

// Started says how often a step's job was started on any server.
func (w *World) Started(run, step string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	count := 0
	for _, s := range w.servers {
		for key := range s.jobs {
			if strings.HasPrefix(key, run+"/"+step+"/") {
				count++
			}
		}
	}
	return count
}

// pass lets time pass while an effect is under way. It reports whether the job still runs: one that is lost ends at once.
func (w *World) pass(j *job, d time.Duration) bool {
	var lost chan struct{}
	if j != nil {
		lost = j.ended
	}
	w.mu.Unlock()
	select {
	case <-time.After(d):
	case <-lost:
	}
	w.mu.Lock()
	return j == nil || !j.lost
}

// install puts packages of a release in place. A unit that is not masked is started by its package.
func (w *World) install(s *server, to release) func(*job) (journal.Result, error) {
	return func(j *job) (journal.Result, error) {
		s.half = true
		if !w.pass(j, w.speed.Install/2) {
			return journal.Result{}, errJob
		}
		s.installed = to // unpacked, and not configured yet
		if !w.pass(j, w.speed.Install/2) {
			return journal.Result{}, errJob
		}
		s.half = false
		for _, u := range s.units {
			if u.enabled && !u.masked {
				s.stop(u)
				w.start(s, u, byPackage)
			}
		}
		return journal.Result{}, nil
	}
}

// dump keeps what is in the database. One that is written to meanwhile is a dump of its beginning.
func (w *World) dump(s *server, d *database, o orchestrator.Order) func(*job) (journal.Result, error) {
	return func(j *job) (journal.Result, error) {
		taken := snapshot{schema: d.schema, contents: d.contents, leases: d.leases}
		if !w.pass(j, w.speed.Dump) {
			return journal.Result{}, errJob
		}
		path := "/var/backups/kea-lockstep/" + jobKey(o.Run, o.ID, o.Attempt)
		d.dumps[s.name+":"+path] = taken
		return journal.Result{Facts: map[string]string{
			journal.FactPath: path, journal.FactBytes: "4096", journal.FactDatabase: string(d.id), journal.FactDigest: "model",
			journal.FactRows: fmt.Sprintf(`{"lease4":%d}`, taken.leases),
		}}, nil
	}
}

// migrate goes step by step as kea-admin does. It asks for version and sessions itself, just before; it exits 0 whatever
// happened to its steps.
func (w *World) migrate(s *server, d *database, o orchestrator.Order) func(*job) (journal.Result, error) {
	return func(j *job) (journal.Result, error) {
		plan, _ := o.Group.Database(d.id)
		begun := time.Now()
		if !w.pass(j, w.speed.Admin) {
			return journal.Result{}, errJob
		}
		if err := w.occupied(d, begun); err != nil {
			return journal.Result{}, err
		}
		if d.torn {
			return journal.Result{}, fmt.Errorf("ERROR 1060: Duplicate column name: %w", errJob)
		}
		if d.schema == plan.Before {
			d.floor = d.leases
		}
		if path := backupOf(o); plan.Proof && (o.Plan.Options.Backup == "dump" || plan.ByCopy) && !d.dumps[path].proved {
			w.violate("%s is migrated, and nobody has proved its backup %s", d.name, path)
		}
		return journal.Result{}, w.climb(d, append(steps(plan.Before, plan.Target), plan.Target), func() bool { return !j.lost }, j.comes)
	}
}

// climb goes the steps of a migration that are ahead of the schema, and says which one begins; between the parts of one it is torn.
func (w *World) climb(d *database, way []kea.Schema, alive func() bool, begins func(journal.Progress)) error {
	each := w.speed.Migrate / time.Duration(len(way))
	ahead := slices.DeleteFunc(slices.Clone(way), func(next kea.Schema) bool { return d.schema.Compare(next) >= 0 })
	ahead = slices.Insert(ahead, 0, d.schema)
	for i, next := range ahead[1:] {
		begins(journal.Along(ahead, i+1))
		d.torn, d.contents = true, d.contents+1
		w.check("the migration")
		if d.away {
			return errJob
		}
		if w.pass(nil, each); !alive() {
			return errJob
		}
		d.schema, d.torn = next, false
		w.check("the migration")
		if w.pass(nil, 0); !alive() {
			return errJob
		}
	}
	return nil
}

// occupied says who holds a session in the database: a migration and a restore, begun at that time, ask for themselves, just before.
func (w *World) occupied(d *database, begun time.Time) error {
	for _, c := range w.clients(d) {
		if c.Owner == fleet.OwnerKea {
			return fmt.Errorf("refused: %s holds a session", c)
		}
	}
	w.lateComers(begun)
	return nil
}

// restore puts a dump back: tables first, then what they hold.
func (w *World) restore(d *database, path string) func(*job) (journal.Result, error) {
	return func(j *job) (journal.Result, error) {
		from, ok := d.dumps[path]
		if !ok {
			return journal.Result{}, fmt.Errorf("no dump at %s", path)
		}
		if err := w.occupied(d, time.Now()); err != nil {
			return journal.Result{}, err
		}
		d.torn, d.contents, d.leases = true, d.contents+1, 0
		w.check("the restore")
		if !w.pass(j, w.speed.Dump/2) {
			return journal.Result{}, errJob
		}
		d.schema, d.torn = from.schema, false
		w.check("the restore")
		if !w.pass(j, w.speed.Dump/2) {
			return journal.Result{}, errJob
		}
		d.contents, d.leases = from.contents, from.leases
		d.proven(path)
		w.check("the restore")
		return journal.Result{}, nil
	}
}

// proven notes that a dump was restored.
func (d *database) proven(path string) {
	from := d.dumps[path]
	from.proved = true
	d.dumps[path] = from
}

// containsMigrate reports whether a job's key is a migration's, and containsRestore whether it is a restore's.
func containsMigrate(key string) bool { return strings.Contains(key, "/migrate-") }
func containsRestore(key string) bool { return strings.Contains(key, "restore-") }
