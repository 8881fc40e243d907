package ssh

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"

	xknownhosts "golang.org/x/crypto/ssh/knownhosts"
)

// knownTokens are those of a KnownHostsCommand (ssh_config(5)): it is asked
// once, before the server has shown a key.
func (e endpoint) knownTokens(tokens map[byte]string) map[byte]string {
	all := maps.Clone(tokens)
	host := xknownhosts.Normalize(net.JoinHostPort(e.host, e.port))
	all['H'], all['I'] = orElse(e.hostKeyAlias, host), "ORDER"
	for _, ofKey := range []byte("Kft") {
		all[ofKey] = "NONE"
	}
	return all
}

// askKnown runs a KnownHostsCommand, and gives a file with what it prints. One
// that fails is an error, as for ssh: it may have been about to name the key
// that was revoked.
func askKnown(ctx context.Context, command string) (file string, remove func(), err error) {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", "exec "+command)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", nil, fmt.Errorf("KnownHostsCommand %s: %w: %s", command, err, Printable(bytes.TrimSpace(stderr.Bytes())))
	}
	dir, err := os.MkdirTemp("", "known_hosts")
	if err != nil {
		return "", nil, err
	}
	remove = func() { _ = os.RemoveAll(dir) }
	file = filepath.Join(dir, "printed")
	if err := os.WriteFile(file, out, 0o600); err != nil {
		remove()
		return "", nil, err
	}
	return file, remove, nil
}
