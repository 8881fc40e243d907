package live

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/ssh"
)

// spoken gives what a script needs to speak to a database as an account, its password apart.
func (f *Fleet) spoken(ctx context.Context, at fleet.Place, as role) ([]ssh.Param, []ssh.Secret, error) {
	in, err := f.placed(ctx, at)
	if err != nil {
		return nil, nil, err
	}
	who, err := f.account(ctx, at, in.ref, as)
	if err != nil {
		return nil, nil, err
	}
	params := []ssh.Param{
		{Name: "host", Value: cmp.Or(in.ref.Host, "localhost")}, {Name: "port", Value: fmt.Sprint(in.ref.EffectivePort())},
		{Name: "user", Value: who.user}, {Name: "database", Value: in.ref.Name},
	}
	secrets := []ssh.Secret{{Name: "password", Value: who.password.Reveal()}}
	if in.ref.Engine == kea.MySQL {
		params = append(params, ssh.Param{Name: "option_tls", Value: optionsTLS(in)})
		secrets = append(secrets, ssh.Secret{Name: "option_password", Value: optionValue(who.password.Reveal())})
		return params, secrets, nil
	}
	mode := ""
	if in.ref.TLS != (kea.TLS{}) {
		mode = in.ref.Encryption().SSLMode()
	}
	return append(params,
		ssh.Param{Name: "tls_mode", Value: mode}, ssh.Param{Name: "tls_anchor", Value: in.ref.TLS.TrustAnchor},
		ssh.Param{Name: "tls_certificate", Value: in.ref.TLS.CertFile}, ssh.Param{Name: "tls_key", Value: in.ref.TLS.KeyFile},
		ssh.Param{Name: "named", Value: conninfo(in.ref.Name)},
	), secrets, nil
}

// optionValue writes a value as it stands in double quotes in an option file of MySQL.
func optionValue(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(s)
}

// tlsOptions are the options of MySQL's programs for what secures a connection, by the names that they have in an option file.
func tlsOptions(in entrance) [][2]string {
	anchor := "ssl-ca"
	if in.directory {
		anchor = "ssl-capath"
	}
	var options [][2]string
	for _, o := range [][2]string{
		{anchor, in.ref.TLS.TrustAnchor}, {"ssl-cert", in.ref.TLS.CertFile}, {"ssl-key", in.ref.TLS.KeyFile}, {"ssl-cipher", in.ref.TLS.CipherList},
	} {
		if o[1] != "" {
			options = append(options, o)
		}
	}
	return options
}

// optionsTLS are the lines of an option file.
func optionsTLS(in entrance) string {
	var lines []string
	for _, o := range tlsOptions(in) {
		lines = append(lines, fmt.Sprintf(`%s="%s"`, o[0], optionValue(o[1])))
	}
	return strings.Join(lines, "\n")
}

// adminOwn are the options that kea-admin passes on to MySQL's programs. PostgreSQL's find theirs in the environment. In a job without a
// locale the programs take names that are not all ASCII for those of another character set.
func adminOwn(in entrance, who account) []string {
	if in.ref.Engine != kea.MySQL {
		return nil
	}
	var options []string
	if strings.ContainsFunc(in.ref.Name+who.user+who.password.Reveal(), func(r rune) bool { return r > unicode.MaxASCII }) {
		options = append(options, "-x", "--default-character-set=utf8mb4")
	}
	for _, o := range tlsOptions(in) {
		options = append(options, "-x", "--"+o[0]+"="+o[1])
	}
	return options
}

// wordy is what kea-admin passes on whole: it splits its option -x at blanks, and a shell expands patterns in it.
var wordy = regexp.MustCompile(`^[A-Za-z0-9_./:,=+@!-]*$`)

// conninfo writes a database's name for an argument of PostgreSQL's programs, which take one with "=" in it, or that begins as a URI
// does, for a whole set of parameters.
func conninfo(name string) string {
	if !strings.Contains(name, "=") && !strings.HasPrefix(name, "postgres://") && !strings.HasPrefix(name, "postgresql://") {
		return name
	}
	return "dbname='" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(name) + "'"
}
