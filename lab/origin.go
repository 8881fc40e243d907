//go:build lab

package lab

// Origin is whose packages of Kea the servers have.
type Origin string

// The packages that servers can have.
const (
	Debian Origin = "debian"
	ISC    Origin = "isc" // Debian's, under the names that ISC's own for Debian have
	RPM    Origin = "rpm" // the same, by rpm, under the names that ISC's own for Red Hat's systems have
)

// Unit is the unit of a daemon on the servers.
func (f *Fleet) Unit(daemon string) string {
	switch f.Origin {
	case ISC:
		return "isc-" + daemon + "-server.service"
	case RPM:
		return daemon + ".service"
	}
	return daemon + "-server.service"
}

// playbook is what fleet.yaml has to name: these hosts say that they are Debian.
func (f *Fleet) playbook() string {
	if f.Origin == RPM {
		return "isc-rpm"
	}
	return ""
}
