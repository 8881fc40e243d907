package world

import (
	"cmp"
	"fmt"
	"sync"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// World is the state of everything. All of it is guarded by one lock; effects that take time let go of it meanwhile.
type World struct {
	mu        sync.Mutex
	servers   []*server
	databases []*database
	copies    map[string]*copied // scratch databases of rehearsals
	releases  []release          // oldest first
	speed     Speed
	ha        bool
	violated  []Violation
	together  []string // when High Availability partners were taken down together
	pids      int
	lingers   bool
	sessions  int // that drivers opened for their locks
	pending   int // disturbances that are still to end
}

// Speed is how long effects take.
type Speed struct {
	Command, Stop, Start, Install, Dump, Migrate, Boot time.Duration
	Admin                                              time.Duration // until kea-admin changes something
}

// AsSeen is how long effects took on real hosts.
func AsSeen() Speed {
	return Speed{
		Command: 60 * time.Millisecond, Stop: 400 * time.Millisecond, Start: 1500 * time.Millisecond, Install: 3 * time.Second,
		Dump: 700 * time.Millisecond, Migrate: 2300 * time.Millisecond, Boot: 3 * time.Second,
		Admin: time.Second,
	}
}

// Spec says what fleet to make.
type Spec struct {
	Servers   int
	Databases int // 1: all in one; 2: leases and hosts apart
	Engine    kea.Engine
	Second    kea.Engine // of the second database, where it is another
	From, To  string     // Kea versions
	Speed     Speed
	Separate  bool // each server has a database of its own
	HA        bool // two and two servers are High Availability partners, and DHCP itself is asked
	Lingers   bool // a killed driver's lock stays in the database, as where its way is cut
}

// Violation is one moment in which the invariant did not hold by an act of ours.
type Violation struct {
	When time.Time
	What string
}

// release is one Kea release as packages carry it.
type release struct {
	version kea.Version
	pkg     string
}

// New makes a fleet in which every Kea runs at From.
func New(spec Spec) *World {
	w := &World{speed: spec.Speed, ha: spec.HA, lingers: spec.Lingers, copies: map[string]*copied{}}
	for _, v := range []string{spec.From, spec.To} {
		version, err := kea.ParseVersion(v)
		if err != nil {
			panic(fmt.Sprintf("world: %v", err))
		}
		w.releases = append(w.releases, release{version, v + "-1"})
	}
	count := spec.Databases
	if spec.Separate {
		count = spec.Servers
	}
	for i := range count {
		engine := spec.Engine
		if i == 1 {
			engine = cmp.Or(spec.Second, engine)
		}
		schema, _ := kea.Expected(w.releases[0].version, engine)
		w.databases = append(w.databases, &database{
			id: fleet.DatabaseID(fmt.Sprintf("%s:model-%d:kea%d", engine, i+1, i+1)), name: fmt.Sprintf("kea%d", i+1),
			host: "192.0.2.5", engine: engine, schema: schema, contents: 1, leases: leases, dumps: map[string]snapshot{},
		})
	}
	for i := range spec.Servers {
		uses := w.databases
		if spec.Separate {
			uses = w.databases[i : i+1]
		}
		w.servers = append(w.servers, w.newServer(i+1, uses))
	}
	for _, s := range w.servers {
		w.start(s, s.units[0], byBoot)
	}
	return w
}

// Violations gives every violation so far.
func (w *World) Violations() []Violation {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]Violation(nil), w.violated...)
}

// Names gives the servers' names.
func (w *World) Names() []string {
	names := make([]string, len(w.servers))
	for i, s := range w.servers {
		names[i] = s.name
	}
	return names
}

// violate notes that an act of ours broke the invariant.
func (w *World) violate(format string, args ...any) {
	w.violated = append(w.violated, Violation{time.Now(), fmt.Sprintf(format, args...)})
}

// check holds every running Kea against its databases, after an act of ours.
func (w *World) check(act string) {
	for _, s := range w.servers {
		for _, p := range s.processes {
			for _, d := range s.uses {
				if !p.late && (p.expects(d.engine) != d.schema || d.torn) {
					w.violate("%s: Kea %s on %s runs against %s at %s (torn: %t)", act, p.version, s.name, d.name, d.schema, d.torn)
				}
			}
		}
	}
}

func (w *World) server(name string) *server {
	for _, s := range w.servers {
		if s.name == name {
			return s
		}
	}
	panic("world: no server " + name)
}

func (w *World) database(at fleet.Place) *database {
	for _, d := range w.databases {
		if d.name == at.Name && d.host == at.Host {
			return d
		}
	}
	return nil
}
