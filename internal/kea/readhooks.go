package kea

import "errors"

var errNoIncludes = errors.New("no other file is at hand")

// Libraries whose parameters matter to an upgrade.
const (
	haLibrary       = "libdhcp_ha.so"
	legalLogLibrary = "libdhcp_legal_log.so"
)

// readHooks collects the hook libraries, the database of the forensic log and
// the HA relationships.
func (c *Config) readHooks(f *fields, top *node) {
	for _, n := range f.sections(top, "hooks-libraries") {
		hook := Hook{Library: f.text(n, "library"), At: n.start.position()}
		if hook.Library == "" {
			f.fail(n, "this entry of hooks-libraries has no library")
		}
		c.Hooks = append(c.Hooks, hook)
		parameters := f.section(n, "parameters")
		switch hook.File() {
		case legalLogLibrary:
			// without a type, or with one of these, it logs to files or syslog
			if t := f.text(parameters, "type"); t != "" && t != "logfile" && t != "syslog" {
				c.addDatabase(f, parameters, Forensic)
			}
		case haLibrary:
			for _, r := range f.sections(parameters, "high-availability") {
				c.HA = append(c.HA, readHA(f, r))
			}
		}
	}
}

// readHA reads one relationship. The defaults are those of the HA hook (ARM,
// hooks-ha.rst).
func readHA(f *fields, n *node) HARelationship {
	ha := HARelationship{
		ThisServer:       f.text(n, "this-server-name"),
		Mode:             f.text(n, "mode"),
		SendLeaseUpdates: f.flag(n, "send-lease-updates", true),
		SyncLeases:       f.flag(n, "sync-leases", true),
		HeartbeatDelay:   f.millis(n, "heartbeat-delay", 10000),
		MaxResponseDelay: f.millis(n, "max-response-delay", 60000),
		At:               n.start.position(),
	}
	if n.get("restrict-commands") != nil {
		restrict := f.flag(n, "restrict-commands", true)
		ha.RestrictCommands = &restrict
	}
	for _, peer := range f.sections(n, "peers") {
		ha.Peers = append(ha.Peers, HAPeer{Name: f.text(peer, "name"), URL: f.text(peer, "url"), Role: f.text(peer, "role")})
	}
	return ha
}

// readSockets collects where the daemon takes commands: control-socket in all
// releases, control-sockets since 2.7.2, the control agent's own listener.
func (c *Config) readSockets(f *fields, top *node) {
	if c.Daemon == CtrlAgent {
		c.Sockets = append(c.Sockets, ControlSocket{
			Type: "http", Address: f.text(top, "http-host"), Port: f.port(top, "http-port"),
			TLS: f.text(top, "cert-file") != "", CertAuth: f.flag(top, "cert-required", true) && f.text(top, "cert-file") != "",
			Auth: f.section(top, "authentication") != nil, At: top.start.position(),
		})
		return
	}
	if n := f.section(top, "control-socket"); n != nil {
		c.Sockets = append(c.Sockets, readSocket(f, n, false))
	}
	for _, n := range f.sections(top, "control-sockets") {
		c.Sockets = append(c.Sockets, readSocket(f, n, true))
	}
}

func readSocket(f *fields, n *node, listed bool) ControlSocket {
	secured := f.text(n, "cert-file") != ""
	s := ControlSocket{
		Type: f.text(n, "socket-type"), Listed: listed,
		Address: f.text(n, "socket-address"), Port: f.port(n, "socket-port"),
		TLS: secured, CertAuth: secured && f.flag(n, "cert-required", true),
		Auth: f.section(n, "authentication") != nil, At: n.start.position(),
	}
	// before 2.7.2 an http socket took its address from socket-name too
	if name := f.text(n, "socket-name"); s.Type == "unix" {
		s.Path = name
	} else if s.Address == "" {
		s.Address = name
	}
	return s
}
