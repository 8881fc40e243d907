package world

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator"
)

// errAway is a server that cannot be reached.
var errAway = errors.New("connection refused")

// reach gives the server, or why it cannot be asked.
func (w *World) reach(name string) (*server, error) {
	s := w.server(name)
	if s.away {
		return nil, fmt.Errorf("%s: %w: %w", name, orchestrator.ErrUnreached, errAway)
	}
	return s, nil
}

// Server takes the whole look.
func (d *Driver) Server(ctx context.Context, name string) (fleet.Server, error) {
	return look(ctx, d, "server "+name, func() (fleet.Server, error) {
		s, err := d.w.reach(name)
		if err != nil {
			return fleet.Server{Reach: fleet.Deny("%v", err)}, nil
		}
		return d.w.whole(s), nil
	})
}

func (w *World) whole(s *server) fleet.Server {
	parsed, err := kea.ReadConfig(configPath, []byte(s.config), nil)
	cfg := fleet.Config{
		Daemon: kea.DHCP4, Unit: unitName, Path: configPath, Digest: orchestrator.Digest([]byte(s.config)),
		Text: []byte(s.config), Parsed: parsed,
	}
	if err != nil {
		cfg.Problem = err.Error()
	}
	available := []string{}
	for _, r := range w.releases {
		available = append([]string{r.pkg}, available...)
	}
	return fleet.Server{
		Pulse: w.pulse(s), Reach: fleet.Affirm("answers"), Root: fleet.Affirm("root"),
		Platform: fleet.Platform{OS: "Model 1", Playbook: "model"}, Software: w.software(s),
		Packages: []fleet.Package{{Name: "kea-dhcp4-server", Installed: s.installed.pkg, Available: available}},
		Configs:  []fleet.Config{cfg}, Service: w.services(s), Managers: s.managers, Holds: s.held,
		Tools: map[string]fleet.Verdict{"kea-admin": fleet.Affirm("there"), Snapshot: fleet.Affirm("there")},
		Disk:  []fleet.Disk{{Path: "/var", Free: 10 << 30}}, Busy: fleet.Deny("free"), Clock: new(time.Duration(0)), Zone: "+0000",
	}
}

// Pulse takes the cheap look.
func (d *Driver) Pulse(ctx context.Context, name string) (fleet.Pulse, error) {
	return look(ctx, d, "pulse "+name, func() (fleet.Pulse, error) {
		s, err := d.w.reach(name)
		if err != nil {
			return fleet.Pulse{Name: name}, err
		}
		return d.w.pulse(s), nil
	})
}

func (w *World) pulse(s *server) fleet.Pulse {
	p := fleet.Pulse{Name: s.name, BootID: fmt.Sprint("boot-", s.boots), Claim: s.claim}
	for _, u := range s.units {
		enabled := "disabled"
		if u.enabled {
			enabled = "enabled"
		}
		seen := fleet.Unit{
			Name: u.name, Daemon: u.daemon, Present: true, Masked: u.masked, Enabled: enabled, Active: u.active,
			Fence: u.fence, Config: configPath, User: "_kea",
		}
		for _, r := range s.processes {
			if r.unit == u.name {
				seen.PID = r.pid
			}
		}
		p.Units = append(p.Units, seen)
	}
	for _, r := range s.processes {
		p.Processes = append(p.Processes, fleet.Process{
			PID: r.pid, Daemon: r.daemon, Unit: r.unit, Command: string(r.daemon), Started: fmt.Sprint(r.started.UnixMilli()),
		})
	}
	for _, pid := range s.admins {
		p.Admins = append(p.Admins, fleet.Admin{PID: pid, Command: "db-upgrade"})
	}
	return p
}

// Software asks what is installed.
func (d *Driver) Software(ctx context.Context, name string) (fleet.Software, error) {
	return look(ctx, d, "software "+name, func() (fleet.Software, error) {
		s, err := d.w.reach(name)
		if err != nil {
			return fleet.Software{}, err
		}
		return d.w.software(s), nil
	})
}

func (w *World) software(s *server) fleet.Software {
	scripts := map[kea.Engine]kea.Schema{}
	for _, e := range []kea.Engine{kea.MySQL, kea.PostgreSQL} {
		scripts[e], _ = kea.Expected(s.installed.version, e)
	}
	whole := fleet.Affirm("configured")
	if s.half {
		whole = fleet.Deny("kea-dhcp4-server is half installed")
	}
	return fleet.Software{
		Kea: s.installed.version, Packages: map[string]string{"kea-dhcp4-server": s.installed.pkg}, Scripts: scripts,
		Whole: whole, HooksDir: hooksDir, Fetched: s.fetched,
	}
}

// Files asks which configuration files lie there.
func (d *Driver) Files(ctx context.Context, name string) (fleet.Files, error) {
	return look(ctx, d, "files "+name, func() (fleet.Files, error) {
		s, err := d.w.reach(name)
		if err != nil {
			return fleet.Files{}, err
		}
		return fleet.Files{Now: s.files(), Staged: s.stagedFiles()}, nil
	})
}

// Service asks the running daemons.
func (d *Driver) Service(ctx context.Context, name string) ([]fleet.Service, error) {
	return look(ctx, d, "service "+name, func() ([]fleet.Service, error) {
		s, err := d.w.reach(name)
		if err != nil {
			return nil, err
		}
		return d.w.services(s), nil
	})
}

func (w *World) services(s *server) []fleet.Service {
	var all []fleet.Service
	for _, p := range s.processes {
		if p.unit == "" {
			continue
		}
		backends := map[kea.Engine]kea.Schema{}
		for _, d := range s.uses {
			backends[d.engine] = p.expects(d.engine)
		}
		all = append(all, fleet.Service{
			Unit: p.unit, Daemon: p.daemon, Active: true, PID: p.pid, Answers: true, Version: p.version, Backends: backends,
			Log: fleet.Affirm("DHCP4_STARTED"), Sockets: fleet.Affirm("ready"), Session: fleet.Affirm("holds one"),
			Offer: w.offer(s, p),
		})
	}
	return all
}

// Database takes the whole look.
func (d *Driver) Database(ctx context.Context, at fleet.Place) (fleet.Database, error) {
	return look(ctx, d, "database "+at.Name+" from "+at.Server, func() (fleet.Database, error) {
		b, err := d.w.open(at)
		if err != nil {
			return fleet.Database{Engine: at.Engine, Name: at.Name, Reach: fleet.Deny("%v", err)}, nil
		}
		structure := fleet.Affirm("whole")
		if b.torn {
			structure = fleet.Deny("table lease6_stat lacks a column")
		}
		return fleet.Database{
			ID: b.id, Engine: b.engine, Product: "Model 1", Name: b.name, Reach: fleet.Affirm("answers"),
			Primary: fleet.Affirm("writable"), Schema: b.schema, Structure: structure, Clients: d.w.look(b),
			Known:   append([]kea.Schema{b.schema}, steps(b.schema, newest)...),
			Scratch: fleet.Affirm("may create databases"), Lockable: fleet.Affirm("grants locks"),
			Zone: "+0000", Rows: map[string]int64{"lease4": b.leases}, Bytes: 1 << 20,
		}, nil
	})
}

// Meet looks which places are of one database.
func (d *Driver) Meet(ctx context.Context, first fleet.Place, others []fleet.Place) ([]fleet.Verdict, error) {
	return look(ctx, d, "meet "+first.Name, func() ([]fleet.Verdict, error) {
		one, err := d.w.open(first)
		if err != nil {
			return nil, err
		}
		met := make([]fleet.Verdict, len(others))
		for i, at := range others {
			other, err := d.w.open(at)
			switch {
			case err != nil:
				met[i] = fleet.Doubt("%v", err)
			case other != one:
				met[i] = fleet.Deny("another database")
			default:
				met[i] = fleet.Affirm("one database")
			}
		}
		return met, nil
	})
}

func (w *World) open(at fleet.Place) (*database, error) {
	if _, err := w.reach(at.Server); err != nil {
		return nil, err
	}
	b := w.database(at)
	if b == nil || b.away {
		return nil, fmt.Errorf("%s: %w", at, errAway)
	}
	return b, nil
}

func (w *World) look(b *database) fleet.Clients {
	return fleet.Clients{Schema: b.schema, Sessions: w.clients(b), Visible: fleet.Affirm("all are seen")}
}

// Clients takes the cheap look at a database.
func (d *Driver) Clients(ctx context.Context, at fleet.Place) (fleet.Clients, error) {
	return look(ctx, d, "clients "+at.Name, func() (fleet.Clients, error) {
		b, err := d.w.open(at)
		if err != nil {
			return fleet.Clients{}, err
		}
		return d.w.look(b), nil
	})
}

// Migration classifies a database.
func (d *Driver) Migration(ctx context.Context, at fleet.Place, before, target kea.Schema) (fleet.Migration, error) {
	return look(ctx, d, "migration "+at.Name, func() (fleet.Migration, error) {
		b, err := d.w.open(at)
		if err != nil {
			return fleet.Migration{}, err
		}
		switch {
		case b.torn:
			return fleet.Migration{State: fleet.Torn, At: b.schema, Saw: "table lease6_stat lacks a column"}, nil
		case b.schema == target:
			return fleet.Migration{State: fleet.Migrated, At: b.schema}, nil
		case b.schema == before:
			return fleet.Migration{State: fleet.Untouched, At: b.schema}, nil
		}
		return fleet.Migration{State: fleet.CleanAt, At: b.schema}, nil
	})
}

// Job says how far a job got.
func (d *Driver) Job(ctx context.Context, name, run, step string, attempt int) (fleet.JobState, error) {
	return look(ctx, d, "job "+step+" on "+name, func() (fleet.JobState, error) {
		s, err := d.w.reach(name)
		if err != nil {
			return "", err
		}
		if j, ok := s.jobs[jobKey(run, step, attempt)]; ok {
			return j.state, nil
		}
		return fleet.JobAbsent, nil
	})
}

// Contents fingerprints what a database holds.
func (d *Driver) Contents(ctx context.Context, at fleet.Place) (string, error) {
	return look(ctx, d, "contents "+at.Name, func() (string, error) {
		b, err := d.w.open(at)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s/%d", b.schema, b.contents), nil
	})
}

// Written counts the leases that were written since.
func (d *Driver) Written(ctx context.Context, at fleet.Place, since time.Time) (fleet.Written, error) {
	return look(ctx, d, "written "+at.Name, func() (fleet.Written, error) {
		b, err := d.w.open(at)
		if err != nil {
			return fleet.Written{}, err
		}
		return fleet.Written{Lease4: int64(len(b.since(since)))}, nil
	})
}

// Remains gives what runs left.
func (d *Driver) Remains(ctx context.Context, name string) (fleet.Remains, error) {
	return look(ctx, d, "remains "+name, func() (fleet.Remains, error) {
		s, err := d.w.reach(name)
		if err != nil {
			return fleet.Remains{}, err
		}
		left := fleet.Remains{Claim: s.claim, Over: maps.Clone(s.over)}
		if s.claim.Run != "" {
			left.Since, left.Plan, left.Jobs = s.since, s.plan, s.newestJobs(s.claim.Run)
		}
		return left, nil
	})
}
