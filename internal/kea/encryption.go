package kea

import "strings"

// Encryption is how much of TLS a connection to a database has. Each is more than the one before.
type Encryption int

const (
	// Plain is none: PostgreSQL's "disable", and what needs none, a unix socket.
	Plain Encryption = iota
	// Offered is what the client libraries do by themselves: TLS where the server has it, and no question whose it is.
	Offered
	// Required is TLS or nothing, and no question whose it is.
	Required
	// Verified wants a certificate that leads to the trust anchor.
	Verified
	// Named wants it to be that of the host, too.
	Named
)

// Encryption is what the configuration asks for. MySQL's trust-anchor, cert-file, key-file and cipher-list are known since Kea 2.1.2
// (mysql_connection.cc), PostgreSQL's and ssl-mode since 3.1.0 (pgsql_connection.cc, getConnParametersInternal): older ones do not
// start with a PostgreSQL that has any of them. Here they hold whatever the release is.
func (d DatabaseRef) Encryption() Encryption {
	if d.Engine == PostgreSQL {
		return d.postgresqlEncryption()
	}
	switch {
	case d.TLS.TrustAnchor != "":
		return Verified // by its authority: whether its name counts depends on the library that Kea is built with
	case d.TLS.CertFile != "" || d.TLS.KeyFile != "" || d.TLS.CipherList != "":
		return Required
	case d.Localhost():
		return Plain
	}
	return Offered
}

// postgresqlEncryption: a mode that is not named follows from the rest, and "require" with a trust anchor verifies (PostgreSQL
// manual, "SSL Support"). Over a unix socket the library has none.
func (d DatabaseRef) postgresqlEncryption() Encryption {
	if strings.HasPrefix(d.Host, "/") {
		return Plain
	}
	anchored := d.TLS.TrustAnchor != ""
	switch d.TLS.SSLMode {
	case "disable":
		return Plain
	case "allow", "prefer":
		return Offered
	case "require", "":
		switch {
		case anchored:
			return Verified
		case d.TLS.SSLMode == "require" || d.TLS.CertFile != "" || d.TLS.KeyFile != "":
			return Required
		}
		return Offered
	case "verify-ca":
		return Verified
	}
	return Named
}

// SSLMode is the word of PostgreSQL's client library for it.
func (e Encryption) SSLMode() string {
	return [...]string{"disable", "prefer", "require", "verify-ca", "verify-full"}[e]
}

// BeforeTLS is where a configuration asks for TLS to a database that a release does not know: it does not start with that.
func (c Config) BeforeTLS(v Version) []Position {
	var at []Position
	for _, d := range c.Databases {
		known := v.AtLeast(2, 1, 2)
		if d.Engine == PostgreSQL {
			known = v.AtLeast(3, 1, 0)
		}
		if d.TLS != (TLS{}) && !known {
			at = append(at, d.At)
		}
	}
	return at
}
