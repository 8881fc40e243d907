package ssh

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"

	xssh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// keyring gathers what an endpoint may log in with. Its notes say what was
// left out and why; they become part of ErrAuth's message.
type keyring struct {
	agent   net.Conn // nil: none
	held    []xssh.Signer
	opened  func(file string) xssh.Signer // keys that were unlocked
	signers []xssh.Signer
	locked  []string // files of keys that a passphrase would open
	notes   []string
}

// newKeyring orders the keys as OpenSSH does: those that the configuration
// names first (servers give up after six), then the agent's others.
func newKeyring(e endpoint, opened func(file string) xssh.Signer) *keyring {
	k := &keyring{opened: opened}
	k.askAgent(e.agent)
	for _, path := range e.identities {
		if s := k.identity(path); s != nil {
			k.addWithCertificates(s, append([]string{path + "-cert.pub"}, e.certificates...))
		}
	}
	if !e.identitiesOnly {
		for _, s := range k.held {
			k.addWithCertificates(s, e.certificates)
		}
	}
	return k
}

func (k *keyring) close() {
	if k.agent != nil {
		_ = k.agent.Close()
	}
}

func (k *keyring) note(format string, args ...any) {
	k.notes = append(k.notes, fmt.Sprintf(format, args...))
}

func (k *keyring) askAgent(socket string) {
	if socket == "" {
		return
	}
	conn, err := net.Dial("unix", socket)
	if err != nil {
		k.note("agent: %v", err)
		return
	}
	k.agent = conn
	if k.held, err = agent.NewClient(conn).Signers(); err != nil {
		k.note("agent: %v", err)
	}
}

// identity finds the signer for one IdentityFile: the file itself, or the
// agent where the file is encrypted, absent, or only the public half.
func (k *keyring) identity(path string) xssh.Signer {
	if s := k.opened(path); s != nil {
		return s
	}
	text, err := os.ReadFile(path)
	if err == nil {
		signer, parseErr := xssh.ParsePrivateKey(text)
		if parseErr == nil {
			return signer
		}
		var locked *xssh.PassphraseMissingError
		if errors.As(parseErr, &locked) {
			k.locked = append(k.locked, path)
		}
		if locked != nil && locked.PublicKey != nil {
			return k.fromAgent(path, locked.PublicKey)
		}
		if public, _, _, _, pubErr := xssh.ParseAuthorizedKey(text); pubErr == nil {
			return k.fromAgent(path, public)
		}
		if locked == nil {
			k.note("%s: %v", path, parseErr)
			return nil
		}
	} else if !errors.Is(err, os.ErrNotExist) {
		k.note("%v", err)
	}
	public, pubErr := os.ReadFile(path + ".pub")
	if pubErr != nil {
		if err == nil {
			k.note("%s has a passphrase: ssh-add %s", path, path)
		}
		return nil
	}
	key, _, _, _, pubErr := xssh.ParseAuthorizedKey(public)
	if pubErr != nil {
		k.note("%s.pub: %v", path, pubErr)
		return nil
	}
	return k.fromAgent(path, key)
}

func (k *keyring) fromAgent(path string, public xssh.PublicKey) xssh.Signer {
	for _, s := range k.held {
		if bytes.Equal(s.PublicKey().Marshal(), public.Marshal()) {
			k.locked = slices.DeleteFunc(k.locked, func(file string) bool { return file == path })
			return s
		}
	}
	k.note("%s has a passphrase and is not in the agent: ssh-add %s", path, path)
	return nil
}

// addWithCertificates adds a signer, before it those of its certificates.
func (k *keyring) addWithCertificates(s xssh.Signer, files []string) {
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		key, _, _, _, err := xssh.ParseAuthorizedKey(text)
		if err != nil {
			k.note("%s: %v", f, err)
			continue
		}
		cert, ok := key.(*xssh.Certificate)
		if !ok || !bytes.Equal(cert.Key.Marshal(), s.PublicKey().Marshal()) {
			continue
		}
		if with, err := xssh.NewCertSigner(cert, s); err == nil {
			k.add(with)
		}
	}
	k.add(s)
}

func (k *keyring) add(s xssh.Signer) {
	for _, has := range k.signers {
		if bytes.Equal(has.PublicKey().Marshal(), s.PublicKey().Marshal()) {
			return
		}
	}
	k.signers = append(k.signers, s)
}
