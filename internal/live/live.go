package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"kea-lockstep/dbcheck"
	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator"
	"kea-lockstep/playbooks"
	"kea-lockstep/ssh"
)

// Options are what a Fleet may be given beyond the fleet file. The zero value is fit for use.
type Options struct {
	// Progress hears every line that a job puts out, with its passwords taken out. Nil: nobody listens.
	Progress func(server, step, line string)
	// Person is asked what only a person knows. Nil: nobody is there.
	Person Person
	// Dial opens the TCP connections to servers; nil: net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Rand marks scripts' output and DHCP probes; nil: crypto/rand.
	Rand io.Reader
}

// Fleet is the real fleet of a fleet file. Its methods may be called from several goroutines.
type Fleet struct {
	file       fleet.File
	options    Options
	pool       *ssh.Pool
	references dbcheck.References
	servers    map[string]*server // not changed after New
	databases  connections
	here       here
	known      known
	prober     prober
	asked      asked
	packed     packed
}

var (
	_ fleet.Observer      = (*Fleet)(nil)
	_ orchestrator.Actor  = (*Fleet)(nil)
	_ orchestrator.Locker = (*Fleet)(nil)
)

// New makes the fleet of a fleet file. Nothing is dialed yet; the error is for a file that names what is not there.
func New(file fleet.File, options Options) (*Fleet, error) {
	references, err := dbcheck.LoadReferences()
	if err != nil {
		return nil, err
	}
	f := &Fleet{
		file: file, options: options, references: references, servers: map[string]*server{},
		pool: ssh.NewPool(ssh.Options{Dial: options.Dial, Rand: options.Rand}),
	}
	f.here.own, f.here.former, f.here.left = map[uint64]int{}, map[uint64]bool{}, map[uint64]bool{}
	for _, entry := range file.Servers {
		s := &server{
			entry: entry, learning: make(chan struct{}, 1),
			own: map[uint64]int{}, former: map[uint64]bool{}, left: map[uint64]bool{},
		}
		login := ssh.Login{
			Name: entry.Name, Address: entry.SSH, Sudo: entry.Sudo,
			Identity: file.SSH.Identity, KnownHosts: file.SSH.KnownHosts, ConfigFile: file.SSH.Config,
		}
		if file.SSH.SudoPassword != nil || options.Person != nil {
			login.SudoPassword = f.sudoPassword
		}
		s.host = f.pool.Host(login)
		if entry.Playbook != "" {
			if s.book, err = playbook(file, entry); err != nil {
				return nil, err
			}
		}
		f.servers[entry.Name] = s
	}
	return f, nil
}

// playbook reads the playbook that a server's entry names: one of the operator's own where it is a path. Errors: *fleet.FileError.
func playbook(file fleet.File, entry fleet.ServerEntry) (*playbooks.Playbook, error) {
	load := playbooks.Load
	if strings.Contains(entry.Playbook, "/") {
		load = playbooks.LoadFile
	}
	book, err := load(entry.Playbook)
	if inText := (*playbooks.FileError)(nil); errors.As(err, &inText) {
		return nil, &fleet.FileError{Path: inText.Path, Line: inText.Line, Column: inText.Column, Message: inText.Message}
	}
	if err != nil {
		return nil, &fleet.FileError{Path: file.Path, Message: fmt.Sprintf("server %s: %v", entry.Name, err)}
	}
	return &book, nil
}

// Close ends every connection. Jobs on the servers go on.
func (f *Fleet) Close() error {
	return errors.Join(f.databases.close(), f.prober.close(), f.pool.Close())
}

// server is one server of the fleet file.
type server struct {
	entry fleet.ServerEntry
	host  *ssh.Host

	sockets  sockets
	learning chan struct{} // held by who asks it for its addresses

	mu         sync.Mutex
	book       *playbooks.Playbook
	extra      []playbooks.Unit // those that the playbook does not name
	looked     bool             // for these
	unnumbered int              // connections to databases that are being made from here
	addresses  []string         // as the server itself lists them
	asked      time.Time        // when it did
	own        map[uint64]int   // database connections of ours that were dialed from here, by their numbers
	former     map[uint64]bool  // those that are closed, or were lost
	left       map[uint64]bool  // of those, the ones that were seen in a database since
}

func (s *server) name() string { return s.entry.Name }

// playbook gives the playbook, once it is known.
func (s *server) playbook() (playbooks.Playbook, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.book == nil {
		return playbooks.Playbook{}, false
	}
	book := *s.book
	book.Units = slices.Concat(book.Units, s.extra)
	return book, true
}

// known gives the playbook once the server was looked over for units that it does not name.
func (s *server) known() (playbooks.Playbook, bool) {
	s.mu.Lock()
	looked := s.looked
	s.mu.Unlock()
	book, ok := s.playbook()
	return book, ok && looked
}

var errNoServer = errors.New("the fleet file names no such server")

func (f *Fleet) server(name string) (*server, error) {
	s, ok := f.servers[name]
	if !ok {
		return nil, fmt.Errorf("%s: %w", name, errNoServer)
	}
	return s, nil
}

// names lists the servers in the order of the fleet file.
func (f *Fleet) names() []string {
	names := make([]string, len(f.file.Servers))
	for i, s := range f.file.Servers {
		names[i] = s.Name
	}
	return slices.Clone(names)
}
