package ssh

import (
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	xssh "golang.org/x/crypto/ssh"
)

// ErrPassphrase: Unlock was given a passphrase that is not the key's.
var ErrPassphrase = errors.New("the passphrase is not that of the key")

// LockedError is the cause of an ErrAuth where private keys have a passphrase
// and no agent holds them: with Unlock of one of them the login may succeed.
type LockedError struct {
	Files []string // as the configuration names them, the first to be tried first
	Err   error    // the cause otherwise
}

func (e *LockedError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *LockedError) Unwrap() error { return e.Err }

// Unlock opens a private key with its passphrase, for every login from now on.
// The open key is kept in memory alone, as long as the pool. The error is
// ErrPassphrase, or what keeps the file from being read as a key.
func (p *Pool) Unlock(file, passphrase string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("reading a private key: %w", err)
	}
	signer, err := xssh.ParsePrivateKeyWithPassphrase(text, []byte(passphrase))
	if errors.Is(err, x509.IncorrectPasswordError) {
		return fmt.Errorf("%s: %w", file, ErrPassphrase)
	}
	if err != nil {
		return fmt.Errorf("reading a private key: %s: %w", file, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unlocked[file] = signer
	return nil
}

// opened gives the key of a file that was unlocked, or nil.
func (p *Pool) opened(file string) xssh.Signer {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.unlocked[file]
}

// openKeys is how many were unlocked.
func (p *Pool) openKeys() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.unlocked)
}
