package kea

// Engine is a database engine, by the name that Kea's configuration gives it.
// MariaDB is MySQL to Kea.
type Engine string

// The engines that hold a schema which kea-admin upgrades.
const (
	MySQL      Engine = "mysql"
	PostgreSQL Engine = "postgresql"
)

// AdminName is kea-admin's word for the engine, which is also the name of the
// directory of its upgrade scripts: "mysql" or "pgsql".
func (e Engine) AdminName() string {
	if e == PostgreSQL {
		return "pgsql"
	}
	return string(e)
}

// DefaultPort is the port where the configuration names none.
func (e Engine) DefaultPort() int {
	if e == PostgreSQL {
		return 5432
	}
	return 3306
}

// hookLibrary is the file name of the library that Kea needs for the engine
// since 2.7.4 (ChangeLog 2289).
func (e Engine) hookLibrary() string { return "libdhcp_" + e.AdminName() + ".so" }

// removedLibrary is the file name of the configuration backend's library,
// which ended with 2.7.4.
func (e Engine) removedLibrary() string { return "libdhcp_" + e.AdminName() + "_cb.so" }

// backendName is how version-get, -V and the mismatch message call the engine.
func (e Engine) backendName() string {
	switch e {
	case MySQL:
		return "MySQL"
	case PostgreSQL:
		return "PostgreSQL"
	default:
		return string(e)
	}
}

// engineOf is the engine that a message or an upgrade script means.
func engineOf(name string) (Engine, bool) {
	switch name {
	case "MySQL", "mysql":
		return MySQL, true
	case "PostgreSQL", "postgresql", "pgsql":
		return PostgreSQL, true
	default:
		return "", false
	}
}

// DaemonKind is one of Kea's daemons, by the name of its program.
type DaemonKind string

// Kea's daemons. The control agent exists up to 3.1.7.
const (
	DHCP4     DaemonKind = "kea-dhcp4"
	DHCP6     DaemonKind = "kea-dhcp6"
	DDNS      DaemonKind = "kea-dhcp-ddns"
	CtrlAgent DaemonKind = "kea-ctrl-agent"
)

// UsesDatabase reports whether a daemon of this kind can name a database.
func (k DaemonKind) UsesDatabase() bool { return k == DHCP4 || k == DHCP6 }

// section is the one top-level key of the daemon's configuration.
func (k DaemonKind) section() string {
	switch k {
	case DHCP4:
		return "Dhcp4"
	case DHCP6:
		return "Dhcp6"
	case DDNS:
		return "DhcpDdns"
	case CtrlAgent:
		return "Control-agent"
	default:
		return ""
	}
}

// daemonOf is the daemon whose configuration has this top-level key.
func daemonOf(section string) (DaemonKind, bool) {
	for _, k := range []DaemonKind{DHCP4, DHCP6, DDNS, CtrlAgent} {
		if k.section() == section {
			return k, true
		}
	}
	return "", false
}

// Use is what a daemon keeps in a database.
type Use string

// The uses, after the places of the configuration that name a database.
const (
	Leases        Use = "leases"   // lease-database
	Hosts         Use = "hosts"    // hosts-database, hosts-databases
	ConfigBackend Use = "config"   // config-control.config-databases
	Forensic      Use = "forensic" // parameters of libdhcp_legal_log.so
)
