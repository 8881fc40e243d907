package live

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"kea-lockstep/dbcheck"
	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// Clients takes the cheap look at a database: its schema version and who holds sessions in it.
func (f *Fleet) Clients(ctx context.Context, at fleet.Place) (fleet.Clients, error) {
	db, err := f.database(ctx, at, asAdmin, toWatch)
	if err != nil {
		return fleet.Clients{}, err
	}
	var c fleet.Clients
	reads, err := f.database(ctx, at, reader(at), toWatch)
	if err != nil {
		return fleet.Clients{}, err
	}
	version, err := reads.SchemaVersion(ctx)
	switch {
	case errors.Is(err, dbcheck.ErrNoSchema):
		c.Empty = true
	case errors.Is(err, dbcheck.ErrNoVersion): // a migration may have torn it: Migration tells
	case err != nil:
		return c, fmt.Errorf("%s: %w", at.Server, err)
	default:
		c.Schema = schemaOf(version)
	}
	c.Sessions, c.Visible, err = f.sessions(ctx, db, at)
	return c, err
}

func schemaOf(v dbcheck.Version) kea.Schema  { return kea.Schema{Major: v.Major, Minor: v.Minor} }
func versionOf(s kea.Schema) dbcheck.Version { return dbcheck.Version{Major: s.Major, Minor: s.Minor} }
func visible(v dbcheck.Visibility) fleet.Verdict {
	if v.All {
		return fleet.Affirm("%s", v.Saw)
	}
	return fleet.Doubt("%s", v.Saw)
}

// listings is how often sessions are listed at most until no new one is in doubt, and pause what lies between.
const (
	listings = 5
	pause    = 50 * time.Millisecond
)

// sessions lists the sessions in a database with their owners. Programs come and go between the list and the question whose they
// are, and PostgreSQL lists a connection of ours before it has told us its number: a session is neither Kea's nor ours only when
// it is so in two lists, and none of our connections is just being made.
func (f *Fleet) sessions(ctx context.Context, db *dbcheck.DB, at fleet.Place) ([]fleet.Session, fleet.Verdict, error) {
	var before []string
	for n := 1; ; n++ {
		opening := f.opening()
		all, seen, err := db.Sessions(ctx)
		if err != nil {
			return nil, visible(seen), fmt.Errorf("%s: %w", at.Server, err)
		}
		list := inDatabase(all, at)
		sessions, err := f.attribute(ctx, at, list)
		if err != nil {
			return nil, visible(seen), err
		}
		if err := f.lookers(ctx, db, sessions); err != nil {
			return nil, visible(seen), fmt.Errorf("%s: %w", at.Server, err)
		}
		f.known.keep(at, list, sessions)
		doubtful := doubtfulOf(sessions)
		settled := !slices.ContainsFunc(doubtful, func(id string) bool { return opening || !slices.Contains(before, id) })
		if n == listings || settled {
			return sessions, visible(seen), nil
		}
		before = doubtful
		select {
		case <-ctx.Done():
			return nil, visible(seen), ctx.Err()
		case <-time.After(pause):
		}
	}
}

// lookers finds the sessions of another kea-lockstep that only looks, through the sshd of a server as we do: a check by cron, a
// colleague's survey, a drive that was suspended. The database refuses what such a one would write.
func (f *Fleet) lookers(ctx context.Context, db *dbcheck.DB, sessions []fleet.Session) error {
	for i := range sessions {
		s := &sessions[i]
		if s.Owner != fleet.OwnerOther || !isTunnel(*s) {
			continue
		}
		number, err := strconv.ParseUint(s.ID, 10, 64)
		if err != nil {
			continue
		}
		looks, err := db.Looks(ctx, number)
		if err != nil {
			return err
		}
		if looks {
			s.Owner = fleet.OwnerOurs
		}
	}
	return nil
}

// doubtfulOf gives the sessions that may be ours all the same: nobody holds them (any more), or an sshd, or their origin is hidden.
func doubtfulOf(sessions []fleet.Session) []string {
	var ids []string
	for _, s := range sessions {
		hidden := s.Port == 0 && s.Address != ""
		if s.Owner == fleet.OwnerGhost || s.Owner == fleet.OwnerOther && isTunnel(s) || s.Owner == fleet.OwnerStranger && hidden {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// isTunnel reports whether an sshd holds the session: it comes through a server from elsewhere.
func isTunnel(s fleet.Session) bool { return strings.HasPrefix(s.Process, "sshd") }

// inDatabase keeps the client sessions that are in the database, and those of Kea's account that are in none: they can enter it.
func inDatabase(all []dbcheck.Session, at fleet.Place) []dbcheck.Session {
	return slices.DeleteFunc(slices.Clone(all), func(s dbcheck.Session) bool {
		here := s.Database == at.Name || at.Engine == kea.MySQL && strings.EqualFold(s.Database, at.Name)
		return s.Own || !s.Client() || !here && (s.Database != "" || s.User != at.User)
	})
}

// attribute finds out whose each session is: of its number, then of its server.
func (f *Fleet) attribute(ctx context.Context, at fleet.Place, all []dbcheck.Session) ([]fleet.Session, error) {
	sessions := make([]fleet.Session, len(all))
	origins := f.origins(ctx, at.Server, all)
	ask := map[string][]int{} // indexes of the sessions whose server has to be asked
	for i, one := range all {
		s := fleet.Session{ID: strconv.FormatUint(one.ID, 10), User: one.User, Address: one.Host, Port: one.Port}
		name, known := origins.of(ctx, at, one)
		s.Server = name
		switch {
		case one.Hidden && f.isOurs(one.ID), f.here.has(one):
			s.Owner = fleet.OwnerOurs
		case name == "" && !known:
			s.Owner = fleet.OwnerUnknown
		case name == "":
			s.Owner = fleet.OwnerStranger
		case f.servers[name].isOwn(one.ID):
			s.Owner = fleet.OwnerOurs
		case f.known.recall(one, &s):
		default:
			ask[name] = append(ask[name], i)
		}
		if one.Port == 0 && !one.Hidden {
			s.Address = ""
		}
		sessions[i] = s
	}
	f.own(ctx, at.Engine, ask, sessions)
	return sessions, nil
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
