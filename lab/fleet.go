//go:build lab

package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
)

// Fleet is a fleet that is up, or what is left of one. Its methods may be called side by side for different hosts.
type Fleet struct {
	Name    string
	Index   int    // 10.77.Index.0/24
	Base    string // what its hosts are laid over
	KeaBase string // what its servers are laid over instead; empty: the same
	Origin  Origin // of the servers' Kea
	Last    Origin // of the last server's
	LastKea string // what the last server is laid over, where that is not what the others are
	DBBase  string // what its database host is laid over instead; empty: the same
	Dir     string // everything that belongs to it, with the files below
	Servers []Host // k1, k2, ...
	DB      Host
	From    string // the Kea version that the servers began with; empty: Debian 13's own
	Target  string
	Engine  Engine
	Second  Engine  // of the database that has the reservations, where the leases' has none
	DHCPv6  string  // the server that runs kea-dhcp6 as well
	Access  Access  // how Kea gets into the database
	Via     string  // the way of the administrator's connections, in fleet.yaml
	Added   int     // IPv4 leases beside those that every fleet has
	Disk    uint64  // bytes, of each host's own disk; 0: none
	CPU     float64 // of one CPU, each host's share; 0: none of its own

	Prober  netip.Addr // for the product's DHCP probe
	Witness netip.Addr // for the witness
}

// The files of a fleet for ssh and for the product.
func (f *Fleet) SSHConfig() string  { return filepath.Join(f.Dir, "ssh_config") }
func (f *Fleet) KnownHosts() string { return filepath.Join(f.Dir, "known_hosts") }
func (f *Fleet) Identity() string   { return filepath.Join(f.Dir, "id_ed25519") }
func (f *Fleet) FleetFile() string  { return filepath.Join(f.Dir, "fleet.yaml") }

// Env is the environment that fleet.yaml expects, for exec.Cmd.
func (f *Fleet) Env() []string { return append(os.Environ(), AdminPasswordVariable+"="+AdminPassword) }

// Hosts are all hosts, the database first.
func (f *Fleet) Hosts() []Host { return append([]Host{f.DB}, f.Servers...) }

// Host finds a host by its name.
func (f *Fleet) Host(name string) (Host, error) {
	for _, h := range f.Hosts() {
		if h.Name == name {
			return h, nil
		}
	}
	return Host{}, fmt.Errorf("the fleet %s has no host %q", f.Name, name)
}

// Up makes a fleet and returns when it serves: the database answers and sshd and Kea on every server. Progress goes to log, which
// may be nil. On an error nothing is left behind,
// unless KEA_LAB_KEEP is set, to look at it.
func Up(ctx context.Context, spec Spec, log io.Writer) (*Fleet, error) {
	if log == nil {
		log = io.Discard
	}
	spec, err := spec.withDefaults()
	if err != nil {
		return nil, err
	}
	base, err := spec.base(ctx, log)
	if err != nil {
		return nil, err
	}
	f, err := reserve(ctx, spec, base, log)
	if err != nil {
		return nil, err
	}
	if err := f.raise(ctx); err != nil {
		err = fmt.Errorf("raising the fleet %s: %w", f.Name, err)
		if os.Getenv("KEA_LAB_KEEP") != "" {
			return nil, err
		}
		return nil, errors.Join(err, f.Down(context.WithoutCancel(ctx)))
	}
	return f, nil
}

// ErrExists says that a fleet of that name is up already, or was not taken down.
var ErrExists = errors.New("a fleet of that name exists")

// reserve gives the fleet its directory and the first free index. From here on Down can remove all of it.
func reserve(ctx context.Context, spec Spec, base Base, log io.Writer) (*Fleet, error) {
	f := &Fleet{
		Name: spec.Name, Base: base.Dir, Dir: fleetDir(spec.Name), From: spec.From, Target: spec.Target, Engine: spec.Engine, Access: spec.Access, Via: spec.Via,
		Disk: spec.Disk, CPU: spec.CPU, Origin: spec.Origin, Last: spec.Last, Second: spec.Second, DHCPv6: spec.DHCPv6,
	}
	if err := f.beside(ctx, base, log); err != nil {
		return nil, err
	}
	return f, withLock(filepath.Join(StateDir(), "lock"), func() error {
		others, err := All()
		if err != nil {
			return err
		}
		taken := map[int]bool{}
		for _, other := range others {
			if other.Name == f.Name {
				return fmt.Errorf("%w: %s (take it down first)", ErrExists, f.Name)
			}
			taken[other.Index] = true
		}
		for taken[f.Index] || bridgeThere(f.Index) {
			f.Index++
		}
		f.place(spec.Servers)
		if err := os.MkdirAll(f.Dir, 0o755); err != nil {
			return err
		}
		return f.save()
	})
}

func (f *Fleet) place(servers int) {
	f.Prober, f.Witness = address(f.Index, proberOctet), address(f.Index, witnessOctet)
	f.DB = Host{Name: DatabaseHost, Address: address(f.Index, databaseOctet)}
	for n := 1; n <= servers; n++ {
		f.Servers = append(f.Servers, Host{Name: fmt.Sprintf("k%d", n), Address: address(f.Index, serverOctet+n)})
	}
}

func (f *Fleet) save() error {
	data, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	// Whole or not at all: others look for fleets at any time.
	part := filepath.Join(f.Dir, "lab.json.part")
	if err := os.WriteFile(part, data, 0o644); err != nil {
		return err
	}
	return os.Rename(part, filepath.Join(f.Dir, "lab.json"))
}

// raise makes the network and the hosts and boots them: the database first, for a Kea that finds none gives up.
func (f *Fleet) raise(ctx context.Context) error {
	if err := makeNetwork(ctx, f.Index, f.Hosts()); err != nil {
		return err
	}
	if err := f.writeFiles(); err != nil {
		return err
	}
	if err := f.Boot(ctx, f.DB.Name); err != nil {
		return err
	}
	if err := f.admit(ctx); err != nil {
		return err
	}
	return f.bootServers(ctx)
}

func (f *Fleet) bootServers(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, h := range f.Servers {
		group.Go(func() error {
			if err := f.Boot(ctx, h.Name); err != nil {
				return err
			}
			if err := f.AwaitSSH(ctx, h, 90*time.Second); err != nil {
				return err
			}
			if err := f.AwaitKea(ctx, h.Name, 90*time.Second); err != nil || h.Name != f.DHCPv6 {
				return err
			}
			return f.addDHCPv6(ctx)
		})
	}
	return group.Wait()
}

// Open finds a fleet that is up by its name.
func Open(name string) (*Fleet, error) {
	data, err := os.ReadFile(filepath.Join(fleetDir(name), "lab.json"))
	if err != nil {
		return nil, fmt.Errorf("there is no fleet %q: %w", name, err)
	}
	var f Fleet
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("reading about the fleet %q: %w", name, err)
	}
	return &f, nil
}

// All finds every fleet of this machine, also those that a crash left behind.
func All() ([]*Fleet, error) {
	files, err := filepath.Glob(filepath.Join(StateDir(), "fleets", "*", "lab.json"))
	if err != nil {
		return nil, err
	}
	var fleets []*Fleet
	for _, file := range files {
		f, err := Open(filepath.Base(filepath.Dir(file)))
		if errors.Is(err, fs.ErrNotExist) {
			continue // it was taken down just now
		}
		if err != nil {
			return nil, err
		}
		fleets = append(fleets, f)
	}
	return fleets, nil
}
