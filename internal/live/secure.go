package live

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kea-lockstep/internal/kea"
	"kea-lockstep/ssh"
)

// entrance is a way in to a database: the entry of a configuration, and what secures the connection. The key in it is nowhere but in memory.
type entrance struct {
	ref       kea.DatabaseRef
	secured   *tls.Config // nil: never encrypted
	directory bool        // the trust anchor is a directory
}

// enter reads what an entry of a server's configuration needs from the server.
func (f *Fleet) enter(ctx context.Context, s *server, ref kea.DatabaseRef) (entrance, error) {
	ref, err := f.withPassword(ctx, s, ref)
	if err != nil {
		return entrance{ref: ref}, err
	}
	in := entrance{ref: ref}
	files := certificates{}
	if t := ref.TLS; t.TrustAnchor != "" || t.CertFile != "" || t.KeyFile != "" {
		if files, err = f.certificates(ctx, s, t); err != nil {
			return in, fmt.Errorf("reading what secures %s: %w", ref.Key(), err)
		}
	}
	in.directory = files.directory
	if in.secured, err = securing(ref, files); err != nil {
		err = fmt.Errorf("%s: %s: %w", s.name(), ref.Key(), err)
	}
	return in, err
}

// certificates are the contents of the files that a configuration names.
type certificates struct {
	anchor, certificate, key []byte
	directory                bool // the anchor's are those of a directory
}

func (f *Fleet) certificates(ctx context.Context, s *server, t kea.TLS) (certificates, error) {
	out, err := f.run(ctx, s, call{action: "certificates", look: true, timeout: 15 * time.Second, params: []ssh.Param{
		{Name: "anchor", Value: t.TrustAnchor}, {Name: "certificate", Value: t.CertFile}, {Name: "key", Value: t.KeyFile},
	}})
	if err != nil {
		return certificates{}, err
	}
	return parseCertificates(out)
}

// parseCertificates reads what certificates.sh prints. No error shows any of it.
func parseCertificates(out []byte) (c certificates, err error) {
	found, err := parseSections(out)
	if err != nil {
		return c, fmt.Errorf("certificates: %w", err)
	}
	for _, part := range []struct {
		name string
		into *[]byte
	}{{"anchor", &c.anchor}, {"certificate", &c.certificate}, {"key", &c.key}} {
		if *part.into, err = base64.StdEncoding.DecodeString(found.first(part.name)); err != nil {
			return c, fmt.Errorf("certificates: the %s came damaged", part.name)
		}
	}
	c.directory = found.first("directory") == "yes"
	return c, nil
}

var (
	errHalf     = errors.New("cert-file and key-file go together, and only one of them is named")
	errPair     = errors.New("cert-file and key-file are no certificate with its key, in PEM and without a passphrase")
	errNoAnchor = errors.New("its ssl-mode verifies the server, and no trust-anchor says by what")
	errAnchor   = errors.New("there is no certificate in trust-anchor")
)

// securing makes of files what a connection to a database is encrypted with, as much as its configuration asks for; nil where that
// is nothing. No error shows any of the files.
func securing(ref kea.DatabaseRef, files certificates) (*tls.Config, error) {
	level := ref.Encryption()
	if level == kea.Plain {
		return nil, nil
	}
	// The standard verification knows no "whatever its name is": ours is below.
	c := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12, CipherSuites: suites(ref.TLS.CipherList)}
	switch t := ref.TLS; {
	case (t.CertFile == "") != (t.KeyFile == ""):
		return nil, errHalf
	case t.CertFile != "":
		pair, err := tls.X509KeyPair(files.certificate, files.key)
		if err != nil {
			return nil, errPair
		}
		c.Certificates = []tls.Certificate{pair}
	}
	if level < kea.Verified {
		return c, nil
	}
	if ref.TLS.TrustAnchor == "" {
		return nil, errNoAnchor
	}
	trusted := x509.NewCertPool()
	if !trusted.AppendCertsFromPEM(files.anchor) {
		return nil, errAnchor
	}
	name := ""
	if level == kea.Named {
		name = ref.Host // as the configuration has it: by which way we come does not matter
		if name == "" {
			name = "localhost"
		}
	}
	c.VerifyConnection = func(s tls.ConnectionState) error { return verify(s.PeerCertificates, trusted, name) }
	return c, nil
}

// verify wants a chain from the first certificate to one that is trusted, and where a name is given, that it is the server's.
func verify(chain []*x509.Certificate, trusted *x509.CertPool, name string) error {
	if len(chain) == 0 {
		return &tls.CertificateVerificationError{Err: errors.New("the server has none")}
	}
	options := x509.VerifyOptions{Roots: trusted, Intermediates: x509.NewCertPool(), DNSName: name}
	for _, c := range chain[1:] {
		options.Intermediates.AddCert(c)
	}
	if _, err := chain[0].Verify(options); err != nil {
		return &tls.CertificateVerificationError{UnverifiedCertificates: chain, Err: err}
	}
	return nil
}

// suites gives the suites of a cipher-list, in OpenSSL's names, that are known here; nil, which stands for those of today, where none
// is. Of TLS 1.3 there is no choice.
func suites(list string) []uint16 {
	var ids []uint16
	names := strings.Split(list, ":")
	for _, suite := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		if slices.Contains(names, opensslName(suite.Name)) {
			ids = append(ids, suite.ID)
		}
	}
	return ids
}

// opensslName makes ECDHE-RSA-AES128-GCM-SHA256 of TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256.
func opensslName(name string) string {
	name = strings.NewReplacer("TLS_RSA_WITH_", "", "TLS_", "", "_WITH_", "-", "AES_", "AES", "_CBC", "", "_", "-").Replace(name)
	return strings.Replace(name, "CHACHA20-POLY1305-SHA256", "CHACHA20-POLY1305", 1)
}
