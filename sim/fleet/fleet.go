package fleet

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"

	"kea-lockstep/internal/kea"
	"kea-lockstep/internal/world"
	"kea-lockstep/sim/database"
	"kea-lockstep/sim/host"
	"kea-lockstep/sim/sshd"
)

// Spec says what fleet to raise.
type Spec struct {
	Servers int
	Dir     string // where the way to it is written
	Speed   world.Speed
	Settle  string // confirm: settle: of the fleet file
	Fail    string // the step that fails, once; see Steps
}

// Steps are those that can be made to fail.
func Steps() []string { return []string{"prefetch", "dump", "install", "migrate", "start"} }

// The Kea that runs at first, and the one to reach.
const (
	From = "2.6.3"
	To   = "3.0.3"
)

// Fleet is a fleet that runs.
type Fleet struct {
	World *world.World
	Base  *database.Server
	Hosts []*host.Host
	File  string // fleet.yaml
	State string // a directory for journals

	mu    sync.Mutex
	fails map[string]bool
}

const (
	keaPassword   = "simulated-kea"
	adminPassword = "simulated-admin"
)

// Raise starts a fleet that runs until ctx ends.
func Raise(ctx context.Context, s Spec) (*Fleet, error) {
	w := world.New(world.Spec{Servers: s.Servers, Databases: 1, Engine: kea.MySQL, From: From, To: To, Speed: s.Speed})
	f := &Fleet{World: w, File: filepath.Join(s.Dir, "fleet.yaml"), State: filepath.Join(s.Dir, "state"), fails: map[string]bool{s.Fail: true}}
	f.Base = database.New(w, map[string]string{"kea": keaPassword, "admin": adminPassword})
	login, err := keyFile(filepath.Join(s.Dir, "id"))
	if err != nil {
		return nil, err
	}
	_, hostKey, err := newKey()
	if err != nil {
		return nil, err
	}
	var known, servers, aliases strings.Builder
	for _, name := range w.Names() {
		h, err := host.New(ctx, name, host.Options{World: w, Database: f.Base, Config: config(name, w), Fault: f.fault})
		if err != nil {
			return nil, err
		}
		f.Hosts = append(f.Hosts, h)
		d, err := sshd.Start(ctx, h, hostKey, login.PublicKey())
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&known, "[127.0.0.1]:%d %s", d.Port(), ssh.MarshalAuthorizedKey(hostKey.PublicKey()))
		fmt.Fprintf(&aliases, "Host %s\n  HostName 127.0.0.1\n  Port %d\n", name, d.Port())
		fmt.Fprintf(&servers, "  - { name: %s, ssh: root@127.0.0.1:%d }\n", name, d.Port())
	}
	return f, write(s.Dir, map[string]string{
		"known_hosts": known.String(), "admin-password": adminPassword + "\n", "fleet.yaml": f.text(s, servers.String()),
		"ssh_config": fmt.Sprintf("%sHost *\n  User root\n  IdentityFile %s\n  UserKnownHostsFile %s\n",
			aliases.String(), filepath.Join(s.Dir, "id"), filepath.Join(s.Dir, "known_hosts")),
	})
}

// fault says whether a step is to fail: the first time that it is asked.
func (f *Fleet) fault(step string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	fails := f.fails[step]
	delete(f.fails, step)
	return fails
}

func (f *Fleet) text(s Spec, servers string) string {
	return fmt.Sprintf(`# A simulated fleet: real SSH and the real MySQL protocol on loopback, for as long as the simulator runs.
version: 1
target: %s
servers:
%sssh:
  identity: %s
  known_hosts: %s
databases:
  - match: %s/%s
    admin:
      user: admin
      password: { file: admin-password }
confirm:
  settle: %s
`, To, servers, filepath.Join(s.Dir, "id"), filepath.Join(s.Dir, "known_hosts"), f.World.Address(), f.World.DatabaseNames()[0], s.Settle)
}

func write(dir string, files map[string]string) error {
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return fmt.Errorf("writing the way to the fleet: %w", err)
		}
	}
	return nil
}

func newKey() (ed25519.PrivateKey, ssh.Signer, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("making a key: %w", err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		return nil, nil, fmt.Errorf("making a key: %w", err)
	}
	return private, signer, nil
}

func keyFile(name string) (ssh.Signer, error) {
	private, signer, err := newKey()
	if err != nil {
		return nil, err
	}
	block, err := ssh.MarshalPrivateKey(private, "kea-lockstep simulator")
	if err != nil {
		return nil, fmt.Errorf("writing a key: %w", err)
	}
	return signer, write(filepath.Dir(name), map[string]string{filepath.Base(name): string(pem.EncodeToMemory(block))})
}

// config is a server's kea-dhcp4.conf, as one of Debian's looks.
func config(name string, w *world.World) string {
	access := fmt.Sprintf(`{
            "type": "mysql",
            "name": "%s",
            "host": "%s",
            "user": "kea",
            "password": "%s"
        }`, w.DatabaseNames()[0], w.Address(), keaPassword)
	return fmt.Sprintf(`// DHCPv4 of %s: leases and reservations in the database that all servers of the fleet share.
{
    "Dhcp4": {
        "interfaces-config": {
            "interfaces": [ "eth0" ]
        },
        "control-socket": {
            "socket-type": "unix",
            "socket-name": "/run/kea/kea4-ctrl-socket"
        },
        "lease-database": %s,
        "hosts-database": %s,
        "valid-lifetime": 4000,
        "subnet4": [
            { "id": 1, "subnet": "10.99.0.0/16", "pools": [ { "pool": "10.99.200.1 - 10.99.229.254" } ] }
        ]
    }
}
`, name, access, access)
}
