package kea

import "strings"

// A connection's parameters do not reach the database as they stand in the configuration. Kea writes them into one line, name=value
// apart by blanks, and reads that line again (database_connection.cc, parse); for PostgreSQL it then puts most of them between
// apostrophes for the client library, which takes a backslash there for an escape (pgsql_connection.cc, getConnParametersInternal).

// access gives the parameters of a database as they arrive. What cannot arrive is an error at its place in the file; no value
// stands in it.
func access(f *fields, n *node, ref DatabaseRef) DatabaseRef {
	for _, p := range []struct {
		key   string
		value *string
	}{
		{"host", &ref.Host}, {"name", &ref.Name}, {"user", &ref.User},
		{"trust-anchor", &ref.TLS.TrustAnchor}, {"cert-file", &ref.TLS.CertFile}, {"key-file", &ref.TLS.KeyFile},
		{"cipher-list", &ref.TLS.CipherList}, {"password-file", &ref.PasswordFile},
	} {
		if strings.ContainsAny(*p.value, " \t") {
			f.fail(n.get(p.key), "%s has a blank in it, which no Kea reads: it takes what follows for another parameter", p.key)
		}
		if strings.ContainsFunc(*p.value, control) {
			f.fail(n.get(p.key), "%s has a control character in it", p.key)
		}
	}
	password := string(ref.Password)
	blank := strings.ContainsAny(password, " \t")
	if strings.HasPrefix(password, "'") || blank && strings.Contains(password, "'") {
		f.fail(n.get("password"), "password has an apostrophe where Kea takes it for the end: it must not be the first, nor be there beside a blank")
	}
	if ref.Engine != PostgreSQL {
		return ref
	}
	quoted := func(key, value string) string {
		plain, ok := unquoted(value)
		if !ok {
			f.fail(n.get(key), "%s has an apostrophe in it, which ends it for PostgreSQL's client library: write \\\\' in Kea's configuration", key)
		}
		return plain
	}
	ref.Host, ref.Name, ref.User = quoted("host", ref.Host), quoted("name", ref.Name), quoted("user", ref.User)
	ref.Password = Password(quoted("password", password))
	return ref
}

func control(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// unquoted reads what stands between apostrophes as PostgreSQL's client library does. It is false where the value would end before
// its end.
func unquoted(value string) (plain string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		switch {
		case value[i] == '\'', value[i] == '\\' && i+1 == len(value):
			return "", false
		case value[i] == '\\':
			i++
		}
		b.WriteByte(value[i])
	}
	return b.String(), true
}
