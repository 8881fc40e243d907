//go:build lab

package lab

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Origin is whose packages of Kea the servers have.
type Origin string

// The packages that servers can have.
const (
	Debian Origin = "debian"
	ISC    Origin = "isc" // Debian's, under the names that ISC's own for Debian have
	RPM    Origin = "rpm" // the same, by rpm, under the names that ISC's own for Red Hat's systems have
)

// Unit is the unit of the servers' DHCPv4 daemon.
func (f *Fleet) Unit() string {
	switch f.Origin {
	case ISC:
		return "isc-kea-dhcp4-server.service"
	case RPM:
		return "kea-dhcp4.service"
	}
	return "kea-dhcp4-server.service"
}

// playbook is what fleet.yaml has to name: these hosts say that they are Debian.
func (f *Fleet) playbook() string {
	if f.Origin == RPM {
		return "isc-rpm"
	}
	return ""
}

// ensureBeside returns a directory with hosts that a base does not have, which one step more of the recipe makes from it, and
// builds it where this machine does not have it yet. Only fleets that ask for such hosts need it.
func ensureBeside(ctx context.Context, base Base, step string, seed []string, log io.Writer) (string, error) {
	sum := sha256.New()
	if err := hashFiles(sum, append(seed, "recipe/"+step+".sh")); err != nil {
		return "", err
	}
	dir := fmt.Sprintf("%s-%x", base.Dir, sum.Sum(nil)[:6])
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	from, err := findMirrors("/etc/apt")
	if err != nil {
		return "", err
	}
	return dir, withLock(filepath.Join(CacheDir(), "lock"), func() error {
		if _, err := os.Stat(dir); err == nil {
			return nil
		}
		return build(ctx, dir, seed, []string{step}, from, log, "BASE="+base.Dir)
	})
}
