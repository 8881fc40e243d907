//go:build lab

package lab

import (
	"path/filepath"
	"strings"
)

// Origin is where the servers have Kea from.
type Origin string

// What servers can have.
const (
	Debian  Origin = "debian"
	ISC     Origin = "isc"     // Debian's, under the names that ISC's own for Debian have
	RPM     Origin = "rpm"     // the same, by rpm, under the names that ISC's own for Red Hat's systems have
	Source  Origin = "source"  // none: trees under /opt, as from source, with Debian's programs in them
	Keactrl Origin = "keactrl" // the same, with Kea's own keactrl in the trees, which starts it from rc.local
	Alpine  Origin = "alpine"  // the same, by apk, under Alpine's names, on hosts with OpenRC and busybox's programs
)

var origins = []Origin{Debian, ISC, RPM, Source, Keactrl, Alpine}

// Unit is the unit of a daemon on the servers.
func (f *Fleet) Unit(daemon string) string {
	switch f.Origin {
	case ISC:
		return "isc-" + daemon + "-server.service"
	case RPM, Source:
		return daemon + ".service"
	case Alpine:
		return daemon
	case Keactrl:
		return strings.TrimPrefix(daemon, "kea-")
	}
	return daemon + "-server.service"
}

// UnitOn is Unit on one of the servers.
func (f *Fleet) UnitOn(server, daemon string) string { return f.as(server).Unit(daemon) }

// Active is what prints on a server whether the unit of a daemon is active or inactive.
func (f *Fleet) Active(server, daemon string) string {
	if f.as(server).Origin == Keactrl {
		return map[string]string{DHCPv4: "/opt/kea/sbin/keactrl status | sed -n 's/^DHCPv4 server: //p'"}[daemon]
	}
	return "systemctl is-active " + f.UnitOn(server, daemon)
}

// as is the fleet as one of its hosts would have it: with that one's packages.
func (f *Fleet) as(host string) *Fleet {
	if n := len(f.Servers); n == 0 || f.Servers[n-1].Name != host {
		return f
	}
	one := *f
	one.Origin, one.KeaBase = f.Last, f.LastKea
	return &one
}

// group is Kea's on the servers.
func (f *Fleet) group() string {
	if f.Origin == Alpine {
		return "kea"
	}
	return "_kea"
}

// openrc says whether OpenRC runs the host, and not systemd.
func (f *Fleet) openrc(host string) bool { return f.as(host).Origin == Alpine && host != DatabaseHost }

// booted is what succeeds on a host once its init answers.
func (f *Fleet) booted(host string) string {
	if f.openrc(host) {
		return "test -e /run/openrc/started/sshd"
	}
	return "systemctl is-system-running >/dev/null 2>&1 || test -S /run/systemd/private"
}

// reboots is how its administrator restarts a host.
func (f *Fleet) reboots(host string) string {
	if f.openrc(host) {
		return "/sbin/reboot"
	}
	return "systemctl --no-block reboot"
}

// playbook is what fleet.yaml has to name: these hosts say that they are Debian.
func (f *Fleet) playbook() string {
	switch f.Origin {
	case RPM:
		return "isc-rpm"
	case Source, Keactrl:
		return "./" + ownPlaybook(f.Origin)
	}
	return ""
}

// ownPlaybook is the administrator's own, beside fleet.yaml.
func ownPlaybook(o Origin) string { return string(o) + ".yaml" }

// writePlaybook writes those that fleet.yaml names.
func (f *Fleet) writePlaybook() error {
	for _, o := range []Origin{f.Origin, f.Last} {
		if o != Source && o != Keactrl {
			continue
		}
		if err := render(ownPlaybook(o), filepath.Join(f.Dir, ownPlaybook(o)), 0o644, nil); err != nil {
			return err
		}
	}
	return nil
}
