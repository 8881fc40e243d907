//go:build lab

package lab

import "path/filepath"

// Origin is where the servers have Kea from.
type Origin string

// What servers can have.
const (
	Debian Origin = "debian"
	ISC    Origin = "isc"    // Debian's, under the names that ISC's own for Debian have
	RPM    Origin = "rpm"    // the same, by rpm, under the names that ISC's own for Red Hat's systems have
	Source Origin = "source" // none: trees under /opt, as from source, with Debian's programs in them
	Alpine Origin = "alpine" // the same, by apk, under Alpine's names, on hosts with OpenRC and busybox's programs
)

var origins = []Origin{Debian, ISC, RPM, Source, Alpine}

// Unit is the unit of a daemon on the servers.
func (f *Fleet) Unit(daemon string) string {
	switch f.Origin {
	case ISC:
		return "isc-" + daemon + "-server.service"
	case RPM, Source:
		return daemon + ".service"
	case Alpine:
		return daemon
	}
	return daemon + "-server.service"
}

// UnitOn is Unit on one of the servers.
func (f *Fleet) UnitOn(server, daemon string) string { return f.as(server).Unit(daemon) }

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
	case Source:
		return "./" + sourcePlaybook
	}
	return ""
}

// sourcePlaybook is the administrator's own, beside fleet.yaml.
const sourcePlaybook = "source.yaml"

// writePlaybook writes it where fleet.yaml names it.
func (f *Fleet) writePlaybook() error {
	if f.Origin != Source && f.Last != Source {
		return nil
	}
	return render(sourcePlaybook, filepath.Join(f.Dir, sourcePlaybook), 0o644, nil)
}
