//go:build lab

package lab

// Origin is whose packages of Kea the servers have.
type Origin string

// The packages that servers can have.
const (
	Debian Origin = "debian"
	ISC    Origin = "isc"    // Debian's, under the names that ISC's own for Debian have
	RPM    Origin = "rpm"    // the same, by rpm, under the names that ISC's own for Red Hat's systems have
	Alpine Origin = "alpine" // the same, by apk, under Alpine's names, on hosts with OpenRC and busybox's programs
)

var origins = []Origin{Debian, ISC, RPM, Alpine}

// Unit is the unit of a daemon on the servers.
func (f *Fleet) Unit(daemon string) string {
	switch f.Origin {
	case ISC:
		return "isc-" + daemon + "-server.service"
	case RPM:
		return daemon + ".service"
	case Alpine:
		return daemon
	}
	return daemon + "-server.service"
}

// group is Kea's on the servers.
func (f *Fleet) group() string {
	if f.Origin == Alpine {
		return "kea"
	}
	return "_kea"
}

// openrc says whether OpenRC runs the host, and not systemd.
func (f *Fleet) openrc(host string) bool { return f.Origin == Alpine && host != DatabaseHost }

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
	if f.Origin == RPM {
		return "isc-rpm"
	}
	return ""
}
