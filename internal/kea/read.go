package kea

import (
	"slices"
	"time"
)

// ReadConfig reads the text of a daemon's configuration file, with all that
// it includes. The path is that of the file; include fetches the others by
// the name that the directive gives, which Kea resolves against the directory
// in which the daemon runs. A nil include refuses directives.
//
// The error is a *SyntaxError with the place in the file that holds the text.
// No error and nothing in Config but Password.Reveal shows a secret.
func ReadConfig(path string, text []byte, include func(path string) ([]byte, error)) (Config, error) {
	root, files, err := parse(path, text, refusing(include))
	if err != nil {
		return Config{}, err
	}
	daemon, top, err := findSection(root)
	if err != nil {
		return Config{}, err
	}
	f := &fields{}
	cfg := Config{Daemon: daemon, Path: path, Files: files}
	if daemon.UsesDatabase() {
		cfg.readDatabases(f, top)
		cfg.readHooks(f, top)
		cfg.Serving = readServing(daemon, top)
	}
	cfg.readSockets(f, top)
	cfg.Settings = settingsOf(root)
	if f.err != nil {
		return Config{}, f.err
	}
	return cfg, nil
}

// findSection is the daemon's part of the configuration: Dhcp4, Dhcp6,
// DhcpDdns or Control-agent, of which a file holds one.
func findSection(root *node) (DaemonKind, *node, error) {
	if root.kind != mapNode {
		return "", nil, root.start.errorf("a configuration is a map in braces")
	}
	var daemon DaemonKind
	var top *node
	for _, m := range root.members {
		kind, known := daemonOf(m.key)
		if !known {
			continue
		}
		if top != nil {
			return "", nil, m.at.errorf("the file configures %s and %s; each daemon needs a file of its own", daemon, kind)
		}
		if m.value.kind != mapNode {
			return "", nil, m.value.start.errorf("%s must be a map in braces", m.key)
		}
		daemon, top = kind, m.value
	}
	if top == nil {
		return "", nil, root.start.errorf("there is neither Dhcp4, Dhcp6, DhcpDdns nor Control-agent in it")
	}
	return daemon, top, nil
}

// readDatabases collects what the places outside hooks-libraries name.
func (c *Config) readDatabases(f *fields, top *node) {
	if n := f.section(top, "lease-database"); n != nil {
		if f.text(n, "type") == "memfile" {
			c.LeaseFile = &LeaseFile{Path: f.text(n, "name"), Persist: f.flag(n, "persist", true), At: n.start.position()}
		} else {
			c.addDatabase(f, n, Leases)
		}
	} else { // Kea's default is memfile
		c.LeaseFile = &LeaseFile{Persist: true, At: top.start.position()}
	}
	if n := f.section(top, "hosts-database"); n != nil && len(n.members) > 0 {
		c.addDatabase(f, n, Hosts)
	}
	for _, n := range f.sections(top, "hosts-databases") {
		c.addDatabase(f, n, Hosts)
	}
	if control := f.section(top, "config-control"); control != nil {
		for _, n := range f.sections(control, "config-databases") {
			c.addDatabase(f, n, ConfigBackend)
		}
	}
}

// addDatabase takes one map that names a database. The same connection named
// a second time is one more use of the first.
func (c *Config) addDatabase(f *fields, n *node, use Use) {
	ref := DatabaseRef{
		Engine:       Engine(f.text(n, "type")),
		Host:         f.text(n, "host"),
		Port:         f.port(n, "port"),
		Name:         f.text(n, "name"),
		User:         f.text(n, "user"),
		Password:     Password(f.text(n, "password")),
		PasswordFile: f.text(n, "password-file"),
		Uses:         []Use{use},
		ReadOnly:     f.flag(n, "readonly", false),
		TLS: TLS{
			TrustAnchor: f.text(n, "trust-anchor"),
			CertFile:    f.text(n, "cert-file"),
			KeyFile:     f.text(n, "key-file"),
			CipherList:  f.text(n, "cipher-list"),
			SSLMode:     f.text(n, "ssl-mode"),
		},
		Recoveries: []Recovery{{
			Use:               use,
			OnFail:            f.text(n, "on-fail"),
			MaxReconnectTries: f.number(n, "max-reconnect-tries"),
			ReconnectWait:     f.millis(n, "reconnect-wait-time", 0),
			RetryOnStartup:    f.flag(n, "retry-on-startup", false),
			At:                n.start.position(),
		}},
		ConnectTimeout: f.seconds(n, "connect-timeout"),
		At:             n.start.position(),
	}
	if ref.Engine == "" {
		f.fail(n, "this database has no type")
	}
	ref = access(f, n, ref)
	for i := range c.Databases {
		if c.Databases[i].sameConnection(ref) {
			if !slices.Contains(c.Databases[i].Uses, use) {
				c.Databases[i].Uses = append(c.Databases[i].Uses, use)
			}
			c.Databases[i].Recoveries = append(c.Databases[i].Recoveries, ref.Recoveries...)
			return
		}
	}
	c.Databases = append(c.Databases, ref)
}

func (f *fields) seconds(n *node, key string) time.Duration {
	s := f.number(n, key)
	if s < 0 || s > maxMillis/1000 {
		f.fail(n.get(key), "%s is out of range", key)
		return 0
	}
	return time.Duration(s) * time.Second
}

func (d DatabaseRef) sameConnection(e DatabaseRef) bool {
	return d.Engine == e.Engine && d.Key() == e.Key() && d.User == e.User && d.Password == e.Password &&
		d.PasswordFile == e.PasswordFile && d.ReadOnly == e.ReadOnly && d.TLS == e.TLS
}

// refusing stands in for a missing include.
func refusing(include func(string) ([]byte, error)) func(string) ([]byte, error) {
	if include != nil {
		return include
	}
	return func(string) ([]byte, error) { return nil, errNoIncludes }
}
