package live

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/ssh"
)

// Person answers what only somebody at a terminal can. One question is put at a time.
type Person interface {
	// Secret asks for what nobody else may read; what says whose it is. The error is for one that was not given.
	Secret(ctx context.Context, what string) (kea.Password, error)
	// Trust asks whether a server that is met for the first time is the right one, by its host key.
	Trust(ctx context.Context, key HostKey) (bool, error)
}

// HostKey is the key of a server, or of a jump host before it, that is in no known_hosts file.
type HostKey struct {
	Server            string // whose way leads there
	Host              string // as known_hosts names it
	Type, Fingerprint string
	Compare           string // a command on its own console that shows the right one
	File              string // where it is written to
}

// asked is what a person was asked. It is kept in memory alone.
type asked struct {
	mu      sync.Mutex // held while a question stands
	secrets map[string]kea.Password
	trusted map[string]bool // by host and fingerprint
	keys    map[string]bool // private keys by file: opened or not
}

// errNobody is the answer of nobody.
var errNobody = errors.New("it has to be typed, and nobody is at a terminal")

// typed gives a secret that is to be typed, and asks for it the first time.
func (f *Fleet) typed(ctx context.Context, what string) (kea.Password, error) {
	f.asked.mu.Lock()
	defer f.asked.mu.Unlock()
	if password, ok := f.asked.secrets[what]; ok {
		return password, nil
	}
	if f.options.Person == nil {
		return "", fmt.Errorf("%s: %w", what, errNobody)
	}
	password, err := f.options.Person.Secret(ctx, what)
	if err != nil {
		return "", fmt.Errorf("%s: %w", what, err)
	}
	if f.asked.secrets == nil {
		f.asked.secrets = map[string]kea.Password{}
	}
	f.asked.secrets[what] = password
	return password, nil
}

// sudoPassword gives what sudo is answered with: the same on every server.
func (f *Fleet) sudoPassword(ctx context.Context) (string, error) {
	const what = "the password for sudo on the servers"
	if from := f.file.SSH.SudoPassword; from != nil {
		password, err := f.secret(ctx, *from, what)
		return string(password), err
	}
	password, err := f.typed(ctx, what)
	return string(password), err
}

// knocks is how many servers are logged in to at once.
const knocks = 16

// mostHops is how many questions the way to one server may raise: host keys, its own and those of jump hosts, and passphrases.
const mostHops = 12

// Knock logs in to every server and finds its way to root, so that a person is asked what has to be asked before anything is
// timed: for passwords, and whether to trust a host key. What fails otherwise is said by whoever looks next. The error is for a
// question that has no answer.
func (f *Fleet) Knock(ctx context.Context) error {
	for _, entry := range f.file.Databases {
		for _, account := range []*fleet.Account{entry.Admin, entry.Owner} {
			if account == nil || !account.Password.Prompt {
				continue
			}
			if _, err := f.secret(ctx, account.Password, whose(entry, *account)); err != nil {
				return err
			}
		}
	}
	var all errgroup.Group
	all.SetLimit(knocks)
	for _, name := range f.names() {
		all.Go(func() error { return f.knock(ctx, f.servers[name]) })
	}
	return errors.Join(all.Wait(), ctx.Err())
}

func (f *Fleet) knock(ctx context.Context, s *server) error {
	for range mostHops {
		_, err := s.host.Run(ctx, ssh.Command{Title: "log in", Script: "true", Root: true, Look: true})
		if locked, ok := errors.AsType[*ssh.LockedError](err); ok {
			if opened, err := f.unlock(ctx, locked.Files); !opened || err != nil {
				return err
			}
			continue
		}
		key, unknown := errors.AsType[*ssh.HostKeyError](err)
		if !unknown || !errors.Is(err, ssh.ErrUnknownHostKey) || len(key.Files) == 0 {
			return nil
		}
		yes, err := f.trust(ctx, s.name(), key)
		if !yes || err != nil {
			return err
		}
	}
	return nil
}

// tries is how often a passphrase is asked for, as ssh does.
const tries = 3

// unlock asks for the passphrase of the first of these private keys that nobody was asked about yet. It is false where nothing was opened.
func (f *Fleet) unlock(ctx context.Context, files []string) (bool, error) {
	f.asked.mu.Lock()
	defer f.asked.mu.Unlock()
	for _, file := range files {
		opened, known := f.asked.keys[file]
		if opened {
			return true, nil // for another server, while this one waited
		}
		if known || f.options.Person == nil {
			continue
		}
		if f.asked.keys == nil {
			f.asked.keys = map[string]bool{}
		}
		what := "the passphrase of " + file
		for range tries {
			passphrase, err := f.options.Person.Secret(ctx, what)
			if err != nil {
				return false, fmt.Errorf("%s: %w", what, err)
			}
			err = f.pool.Unlock(file, string(passphrase))
			f.asked.keys[file] = err == nil
			if err == nil {
				return true, nil
			}
			if !errors.Is(err, ssh.ErrPassphrase) {
				break // said once more by whoever logs in
			}
			what = "that is not it; the passphrase of " + file
		}
	}
	return false, nil
}

// trust asks whether a host key is the right one, once, and remembers it as ssh does.
func (f *Fleet) trust(ctx context.Context, server string, key *ssh.HostKeyError) (bool, error) {
	f.asked.mu.Lock()
	defer f.asked.mu.Unlock()
	id := key.Host + " " + key.Fingerprint
	if yes, ok := f.asked.trusted[id]; ok {
		return yes, nil
	}
	if f.options.Person == nil {
		return false, nil
	}
	yes, err := f.options.Person.Trust(ctx, HostKey{
		Server: server, Host: key.Host, Type: key.Type, Fingerprint: key.Fingerprint, Compare: key.Compare(), File: key.Files[0],
	})
	if err == nil && yes {
		err = key.Remember()
	}
	if err != nil {
		return false, fmt.Errorf("%s: %w", server, err)
	}
	if f.asked.trusted == nil {
		f.asked.trusted = map[string]bool{}
	}
	f.asked.trusted[id] = yes
	return yes, nil
}
