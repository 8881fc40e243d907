package kea

import (
	"slices"
	"strings"
)

func since(major, minor, patch int) Version {
	return Version{Major: major, Minor: minor, Patch: patch}
}

// breakRules are the changes up to 3.3.0, after Kea's ChangeLog and code.
func breakRules() []breakRule {
	return slices.Concat(breaksBefore27(), breaksOf27(), breaksSince30())
}

func breaksBefore27() []breakRule {
	return []breakRule{
		{where: keys("Logging"), Break: Break{Code: "logging", Since: since(1, 7, 10), Severity: Refusal,
			What: "the section Logging is no longer read", Do: "move its loggers into the section of the daemon"}},
		{where: databases(func(_ Config, d DatabaseRef) bool { return d.Engine == "cql" }),
			Break: Break{Code: "cassandra", Since: since(2, 1, 5), Severity: Refusal,
				What: "Cassandra (cql) is no longer supported", Do: "move to MySQL or PostgreSQL before"}},
		{where: lacks("enable-multi-threading", func(c Config) bool { return len(c.Hooks) > 0 }),
			Break: Break{Code: "multi-threading", Since: since(2, 3, 5), Severity: Warning,
				What: "multi-threading is on by default; a hook library that is not made for it is refused",
				Do:   "set enable-multi-threading to false in multi-threading if a hook of your own is not made for it"}},
		{where: relationships(func(HARelationship) bool { return true }),
			Break: Break{Code: "ha-listener", Since: since(2, 3, 7), Severity: Warning,
				What: "the HA hook listens at the port of this server's own URL by itself",
				Do:   "see that no control agent listens at the same address and port"}},
		{where: keys("subnet4.id", "subnet6.id"), Break: Break{Code: "subnet-id", Since: since(2, 6, 0), Severity: Refusal,
			What: "every subnet needs an id above 0",
			Do:   "give each the id that it has today: config-get shows it, and the leases carry it"}},
		{where: keys("reservation-mode"), Break: Break{Code: "reservation-mode", Since: since(2, 6, 0), Severity: Refusal,
			What: "reservation-mode is no longer known", Do: "use reservations-global, reservations-in-subnet and reservations-out-of-pool"}},
		{where: oldDDNSKeys, Break: Break{Code: "ddns-keys", Since: since(2, 6, 0), Severity: Refusal,
			What: "settings of names no longer stand in dhcp-ddns", Do: "move them out of it, with ddns- before their names"}},
		{where: keys("relay.ip-address"), Break: Break{Code: "relay-address", Since: since(2, 6, 0), Severity: Refusal,
			What: "the ip-address of a relay is no longer known", Do: `use "ip-addresses": [ ... ]`}},
		{where: restrictedPaths, already: restrictsPaths, Break: Break{Code: "paths", Since: since(2, 7, 9), Severity: Warning,
			What: "files and sockets must be in the directories that Kea was built with",
			Do:   "move them: sockets to /run/kea, logs to /var/log/kea, leases to /var/lib/kea, as the packages have it"}},
	}
}

func breaksOf27() []breakRule {
	return []breakRule{
		{where: relationships(func(HARelationship) bool { return true }),
			Break: Break{Code: "mixed-ha", Since: since(2, 7, 0), Severity: Warning,
				What: "HA partners reject each other's released leases across this release", Do: "upgrade both partners in one go"}},
		{where: databases(lacksHook), Break: Break{Code: "database-hook", Since: since(2, 7, 4), Severity: Refusal, Edited: true,
			What: "the database is reached through a hook library that is not loaded"}},
		{where: hooks(func(file string) bool { return file == MySQL.removedLibrary() || file == PostgreSQL.removedLibrary() }),
			Break: Break{Code: "cb-hook", Since: since(2, 7, 4), Severity: Refusal, Edited: true,
				What: "this library is gone; libdhcp_mysql.so and libdhcp_pgsql.so took its place"}},
		{where: hooksOutOfOrder, Break: Break{Code: "hook-order", Since: since(2, 7, 4), Severity: Warning,
			What: "the forensic log is loaded before the library of its database", Do: "put the library of the database before it"}},
		{where: keys("output_options", "require-client-classes", "only-if-required"),
			Break: Break{Code: "old-names", Since: since(2, 7, 4), Severity: Note,
				What: "an old name that is still read: output-options, evaluate-additional-classes and only-in-additional-list are the new ones"}},
		{where: databases(func(_ Config, d DatabaseRef) bool {
			return d.Password == "1234" || d.Password == "keatest" || d.Password == "*****"
		}), Break: Break{Code: "example-password", Since: since(2, 7, 6), Severity: Refusal,
			What: "passwords from examples are refused", Do: "change the password of the database account, here and there"}},
		{where: hooks(func(file string) bool { return slices.Contains(premiumUntil277, file) }),
			Break: Break{Code: "hook-packages", Since: since(2, 7, 7), Severity: Note,
				What: "this library moved to another of ISC's packages (isc-kea-hooks)", Do: "see that the package is installed with the upgrade"}},
	}
}

func breaksSince30() []breakRule {
	openHTTP := func(s ControlSocket) bool { return s.Listed && s.Type == "http" && !s.Auth && !s.TLS }
	return []breakRule{
		{where: relationships(func(r HARelationship) bool { return r.RestrictCommands == nil }),
			Break: Break{Code: "ha-commands", Since: since(3, 0, 0), Severity: Warning,
				What: "the HA listener takes only commands of HA itself",
				Do:   "scripts that send others there need a control socket, or restrict-commands: false"}},
		{where: lacks("cache-threshold", func(c Config) bool { return c.Daemon.UsesDatabase() }),
			Break: Break{Code: "lease-caching", Since: since(3, 0, 0), Severity: Note,
				What: "leases are cached by default: one that a client renews early is given again as it is (cache-threshold 0.25)"}},
		{where: hooks(func(file string) bool { return file == "libdhcp_run_script.so" }),
			Break: Break{Code: "script-path", Since: since(3, 0, 0), Severity: Warning,
				What: "scripts must be in the directory that Kea was built with", Do: "move the script, such as to /usr/share/kea/scripts"}},
		{where: sockets(openHTTP), Break: Break{Code: "open-http", Since: since(3, 1, 0), Severity: Refusal,
			What: "an HTTP control socket without authentication or TLS is refused", Do: "add authentication or TLS, or bind it to a unix socket"}},
		{where: keys("authentication.clients.password", "tsig-keys.secret"),
			Break: Break{Code: "clear-secrets", Since: since(3, 1, 0), Severity: Refusal,
				What: "secrets in clear are refused here", Do: "use password-file or secret-file"}},
		{where: keys("realm"), Break: Break{Code: "radius-realm", Since: since(3, 1, 5), Severity: Refusal,
			What: "realm is no longer known to the RADIUS hook", Do: "take it out"}},
		{where: func(c Config) []Position {
			if c.Daemon != CtrlAgent {
				return nil
			}
			return []Position{{File: c.Path, Line: 1, Column: 1}}
		}, Break: Break{Code: "control-agent-gone", Since: since(3, 1, 8), Severity: Warning,
			What: "there is no kea-ctrl-agent any more", Do: "give the daemons HTTP control sockets of their own (control-sockets)"}},
		{where: sockets(func(s ControlSocket) bool {
			return s.Type == "unix" && (s.Address != "" || s.Port != 0 || s.TLS || s.Auth)
		}),
			Break: Break{Code: "mixed-socket", Since: since(3, 1, 8), Severity: Refusal,
				What: "a unix control socket with settings of HTTP is refused", Do: "take them out"}},
		{where: sockets(func(s ControlSocket) bool { return s.Listed && s.Type != "unix" }),
			Break: Break{Code: "http-service", Since: since(3, 1, 9), Severity: Note,
				What: "commands over HTTP must name this daemon as their service, or none"}},
		{where: keys("hosts-database"), Break: Break{Code: "hosts-database", Since: since(3, 3, 0), Severity: Note,
			What: "hosts-database will be rejected by a later release", Do: `use "hosts-databases": [ ... ]`}},
	}
}

// premiumUntil277 are libraries that ISC sold up to 2.7.6.
var premiumUntil277 = []string{
	"libdhcp_class_cmds.so", "libdhcp_ddns_tuning.so", "libdhcp_flex_id.so", "libdhcp_gss_tsig.so", "libddns_gss_tsig.so",
	"libdhcp_host_cache.so", "libdhcp_host_cmds.so", "libdhcp_lease_query.so", legalLogLibrary, "libdhcp_limits.so",
	"libdhcp_ping_check.so", "libdhcp_radius.so", "libdhcp_subnet_cmds.so",
}

// oldDDNSKeys finds what once stood in dhcp-ddns; the same names elsewhere are fine.
func oldDDNSKeys(c Config) []Position {
	return c.settings(func(s Setting) bool { return strings.Contains(s.Key, ".dhcp-ddns.") && !secretKey.MatchString(s.Key) })
}

func lacksHook(c Config, d DatabaseRef) bool {
	if d.Engine != MySQL && d.Engine != PostgreSQL {
		return false
	}
	return !slices.ContainsFunc(c.Hooks, func(h Hook) bool {
		return h.File() == d.Engine.hookLibrary() || h.File() == d.Engine.removedLibrary()
	})
}

// hooksOutOfOrder: libdhcp_legal_log.so looks for its backend when it is loaded.
func hooksOutOfOrder(c Config) []Position {
	var at []Position
	for _, d := range c.Databases {
		if !slices.Contains(d.Uses, Forensic) {
			continue
		}
		log := slices.IndexFunc(c.Hooks, func(h Hook) bool { return h.File() == legalLogLibrary })
		backend := slices.IndexFunc(c.Hooks, func(h Hook) bool {
			return h.File() == d.Engine.hookLibrary() || h.File() == d.Engine.removedLibrary()
		})
		if log >= 0 && backend > log {
			at = append(at, c.Hooks[log].At)
		}
	}
	return at
}

// restrictsPaths: the fix of CVE-2025-32801 to 32803 went into three series.
func restrictsPaths(v Version) bool {
	return v.Major == 2 && (v.Minor == 4 && v.AtLeast(2, 4, 2) || v.Minor == 6 && v.AtLeast(2, 6, 3))
}

// restrictedPaths finds paths outside the directories of the usual packages
// and of a build from source. A bare file name is always fine.
func restrictedPaths(c Config) []Position {
	at := c.settings(func(s Setting) bool {
		output := strings.HasSuffix(s.Key, ".output")
		return output && outside(s.Text, "/var/log/kea/", "/usr/local/var/log/kea/")
	})
	for _, s := range c.Sockets {
		if outside(s.Path, "/run/kea/", "/usr/local/var/run/kea/") {
			at = append(at, s.At)
		}
	}
	if c.LeaseFile != nil && outside(c.LeaseFile.Path, "/var/lib/kea/", "/usr/local/var/lib/kea/") {
		at = append(at, c.LeaseFile.At)
	}
	for _, h := range c.Hooks {
		if strings.Contains(h.Library, "/") && !strings.Contains(h.Library, "/kea/hooks/") {
			at = append(at, h.At)
		}
	}
	return at
}

func outside(path string, directories ...string) bool {
	if !strings.HasPrefix(path, "/") {
		return false // a bare name, stdout, stderr, syslog:name
	}
	return !slices.ContainsFunc(directories, func(d string) bool {
		rest, inside := strings.CutPrefix(path, d)
		return inside && !strings.Contains(rest, "/")
	})
}
