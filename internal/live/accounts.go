package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"kea-lockstep/dbcheck"
	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// role is whose account a question or job is done as.
type role int

const (
	asKea   role = iota // the account in the Kea configuration
	asOwner             // the one that runs kea-admin; Kea's where the fleet file names no other
	asAdmin             // the one that looks at sessions and makes scratch databases; Kea's where the fleet file names no other
)

// reader is the role whose account reads what is in the database. In PostgreSQL a table's owner always may, and an administrator
// only if somebody thought of it.
func reader(at fleet.Place) role {
	if at.Engine == kea.PostgreSQL {
		return asOwner
	}
	return asAdmin
}

// account is a way to log in to a database.
type account struct {
	user     string
	password kea.Password
	via      string // the server to connect from
}

var errNoPlace = errors.New("no configuration on that server names this database any more")

// reference finds the entry of a server's configuration that names a place, today's or the staged one.
func (f *Fleet) reference(ctx context.Context, at fleet.Place) (entrance, error) {
	s, err := f.server(at.Server)
	if err != nil {
		return entrance{}, err
	}
	configs, err := f.today(ctx, s)
	if err != nil {
		return entrance{}, err
	}
	var problems []string
	for _, c := range configs {
		for _, one := range []*fleet.Config{&c, c.Staged} {
			if one == nil {
				continue
			}
			if one.Problem != "" {
				problems = append(problems, one.Problem)
			}
			for _, ref := range one.Parsed.Databases {
				if fleet.PlaceOf(at.Server, ref) == at {
					return f.enter(ctx, s, ref)
				}
			}
		}
	}
	if len(problems) > 0 {
		return entrance{}, fmt.Errorf("%s: %s: %w: %s", at.Server, at, errNoPlace, strings.Join(problems, "; "))
	}
	return entrance{}, fmt.Errorf("%s: %s: %w", at.Server, at, errNoPlace)
}

const largestPassword = 4096 // bytes

// withPassword reads a password that a configuration keeps in a file of its own (since Kea 3.3.1).
func (f *Fleet) withPassword(ctx context.Context, s *server, ref kea.DatabaseRef) (kea.DatabaseRef, error) {
	if ref.PasswordFile == "" {
		return ref, nil
	}
	text, err := s.host.Get(ctx, ref.PasswordFile, largestPassword)
	if err != nil {
		return ref, fmt.Errorf("reading the password of %s: %w", ref.Key(), err)
	}
	ref.Password = kea.Password(strings.TrimRight(string(text), "\r\n"))
	return ref, nil
}

// named gives the role itself where the fleet file names an account for it, else Kea's.
func (f *Fleet) named(at fleet.Place, as role) role {
	entry, _ := f.entry(at)
	if as == asAdmin && entry.Admin == nil || as == asOwner && entry.Owner == nil {
		return asKea
	}
	return as
}

// account gives the account of a role. What the fleet file does not name is Kea's own.
func (f *Fleet) account(ctx context.Context, at fleet.Place, ref kea.DatabaseRef, as role) (account, error) {
	entry, _ := f.entry(at)
	var named *fleet.Account
	switch f.named(at, as) {
	case asKea:
		return account{user: ref.User, password: ref.Password, via: at.Server}, nil
	case asAdmin:
		named = entry.Admin
	default:
		named = entry.Owner
	}
	password, err := f.secret(ctx, named.Password, whose(entry, *named))
	if err != nil {
		return account{}, fmt.Errorf("database %s: account %s: %w", entry.Match, named.User, err)
	}
	via := at.Server
	if entry.Via != "" && as == asAdmin {
		via = entry.Via
	}
	return account{user: named.User, password: password, via: via}, nil
}

// whose names an account's password to a person, and by all that tells entries apart: what is typed for one is no other's.
func whose(entry fleet.DatabaseEntry, a fleet.Account) string {
	what := fmt.Sprintf("the password of %s in the database %s", a.User, entry.Match)
	if entry.Engine != "" {
		what += fmt.Sprintf(" (%s)", entry.Engine)
	}
	if entry.Server != "" {
		what += " of " + entry.Server
	}
	return what
}

// entry finds what the fleet file says of a database.
func (f *Fleet) entry(at fleet.Place) (fleet.DatabaseEntry, bool) {
	for _, e := range f.file.Databases {
		if (e.Server == "" || e.Server == at.Server) && (e.Engine == "" || e.Engine == at.Engine) && matches(e.Match, at) {
			return e, true
		}
	}
	return fleet.DatabaseEntry{}, false
}

// matches compares "host[:port]/name" with a place.
func matches(match string, at fleet.Place) bool {
	host, port, name, ok := fleet.SplitMatch(match)
	ref := kea.DatabaseRef{Engine: at.Engine, Host: at.Host, Port: at.Port, Name: at.Name}
	want := kea.DatabaseRef{Engine: at.Engine, Host: host, Port: port, Name: name}
	return ok && ref.Key() == want.Key()
}

// target says how dbcheck reaches a database as an account. PostgreSQL's connections are encrypted as they are dialed: see dialer.
func (f *Fleet) target(at fleet.Place, in entrance, who account) (dbcheck.Target, error) {
	ref := in.ref
	t := dbcheck.Target{
		Engine: dbcheck.Engine(ref.Engine), Network: "tcp", Name: ref.Name, User: who.user,
		Password: dbcheck.Password(who.password.Reveal()),
		Addr:     net.JoinHostPort(cmp.Or(ref.Host, "localhost"), strconv.Itoa(ref.EffectivePort())),
	}
	if ref.Engine == kea.MySQL {
		t.TLS, t.TLSOffered = in.secured, ref.Encryption() == kea.Offered
	}
	s, err := f.server(at.Server)
	if err != nil {
		return t, err
	}
	if path, ok := s.socket(ref); ok {
		t.Network, t.Addr = "unix", path
	}
	return t, nil
}

// socket gives the path of the unix socket that Kea on the server reaches a database over. To MySQL's client library
// "localhost" means that, to PostgreSQL's a directory in the host's place.
func (s *server) socket(ref kea.DatabaseRef) (path string, ok bool) {
	switch {
	case ref.Engine == kea.PostgreSQL && strings.HasPrefix(ref.Host, "/"):
		return fmt.Sprintf("%s/.s.PGSQL.%d", ref.Host, ref.EffectivePort()), true
	case ref.Engine == kea.MySQL && ref.Localhost():
		book, _ := s.playbook()
		return book.Engines[string(ref.Engine)].Socket, true
	}
	return "", false
}
