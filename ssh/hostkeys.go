package ssh

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/skeema/knownhosts"
	xssh "golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"
)

// hostKeys is what the known_hosts files of one endpoint hold.
type hostKeys struct {
	db    *knownhosts.HostKeyDB // nil: no file is there
	files []string              // as configured, there or not
	names map[string]string     // a cleaned copy's name to the file's own
	hash  bool                  // names are to be written hashed
}

// readHostKeys reads the files of an endpoint, and what its KnownHostsCommand
// prints.
func readHostKeys(ctx context.Context, e endpoint) (*hostKeys, error) {
	k := &hostKeys{files: e.knownHosts, names: map[string]string{}, hash: e.hashKnown}
	present := existing(e.knownHosts)
	if e.knownCommand != "" {
		printed, remove, err := askKnown(ctx, e.knownCommand)
		if err != nil {
			return nil, err
		}
		defer remove()
		present = append(present, printed)
		k.names[printed] = "KnownHostsCommand " + e.knownCommand
	}
	if len(present) == 0 {
		return k, nil
	}
	db, err := knownhosts.NewDB(present...)
	if err != nil {
		db, err = k.readCleaned(present)
	}
	k.db = db
	return k, err
}

// readCleaned reads copies without the lines that x/crypto cannot parse (key
// types that it does not know, such as DSA): it gives up on the whole file
// over one of them, OpenSSH skips it. Line numbers stay.
func (k *hostKeys) readCleaned(files []string) (*knownhosts.HostKeyDB, error) {
	dir, err := os.MkdirTemp("", "known_hosts")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	var copies []string
	for i, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		name := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(name, cleanKnownHosts(text), 0o600); err != nil {
			return nil, err
		}
		k.names[name] = orElse(k.names[f], f)
		copies = append(copies, name)
	}
	return knownhosts.NewDB(copies...)
}

func cleanKnownHosts(text []byte) []byte {
	var out bytes.Buffer
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if _, _, _, _, _, err := xssh.ParseKnownHosts(lines.Bytes()); err == nil {
			out.Write(lines.Bytes())
		}
		out.WriteByte('\n')
	}
	return out.Bytes()
}

// algorithms orders the host key algorithms so that the server is asked for a
// key that is known, as OpenSSH does. The other plain ones follow, so that a
// server that has lost that key shows the one it has.
func (k *hostKeys) algorithms(address string) []string {
	var algorithms []string
	if k.db != nil {
		algorithms = k.db.HostKeyAlgorithms(address)
	}
	for _, a := range xssh.SupportedAlgorithms().HostKeys {
		if !slices.Contains(algorithms, a) && !strings.Contains(a, "-cert-") {
			algorithms = append(algorithms, a)
		}
	}
	return algorithms
}

// check is an ssh.HostKeyCallback.
func (k *hostKeys) check(address string, remote net.Addr, key xssh.PublicKey) error {
	plain := key
	cert, isCert := key.(*xssh.Certificate)
	if isCert {
		plain = cert.Key
	}
	e := &HostKeyError{Host: xknownhosts.Normalize(address), Type: plain.Type(), Files: k.files,
		Fingerprint: xssh.FingerprintSHA256(plain), Line: knownhosts.Line([]string{address}, plain), hashed: k.hash}
	if k.db == nil {
		return e
	}
	if _, ok := remote.(*net.TCPAddr); !ok {
		remote = &net.TCPAddr{IP: net.IPv4zero}
	}
	err := k.db.HostKeyCallback()(address, remote, key)
	var keyErr *xknownhosts.KeyError
	var revoked *xknownhosts.RevokedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &revoked):
		e.Revoked = true
		e.Known = []string{k.place(revoked.Revoked)}
	case errors.As(err, &keyErr):
		for _, w := range keyErr.Want {
			if !k.isAuthority(address, w.Key) {
				e.Known = append(e.Known, k.place(w))
			}
		}
	case isCert && errors.As(k.db.HostKeyCallback()(address, remote, cert.SignatureKey), &revoked):
		e.Revoked = true
		e.Known = []string{k.place(revoked.Revoked)}
	case isCert: // expired, made for another host, or by an authority unknown here
		return fmt.Errorf("%w: %w", e, err)
	default:
		return err
	}
	return e
}

// isAuthority: a key that stands there as @cert-authority says nothing about
// which plain key the host should have.
func (k *hostKeys) isAuthority(address string, key xssh.PublicKey) bool {
	for _, known := range k.db.HostKeys(address) {
		if known.Cert && bytes.Equal(known.Marshal(), key.Marshal()) {
			return true
		}
	}
	return false
}

func (k *hostKeys) place(key xknownhosts.KnownKey) string {
	name := orElse(k.names[key.Filename], key.Filename)
	return fmt.Sprintf("%s:%d", name, key.Line)
}
