package sshtest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/ssh"
)

// Options of a Server. The zero value is an obliging one.
type Options struct {
	HostKey      ssh.Signer // default: a new one; a certificate signer will do
	MoreHostKeys []ssh.Signer
	User         string        // the only account; default root
	Authority    ssh.PublicKey // signs user certificates that it accepts
	Login        []byte        // a public key, as in authorized_keys, that lets in beside the server's own
	// Shell makes the process for a command line; default: sh -c LINE. Its
	// streams and environment are set afterwards, the latter if nil.
	Shell       func(line string) *exec.Cmd
	Banner      string
	MaxSessions int  // 0: no limit
	TurnsAway   int  // so many connections find too many logins under way
	NoForward   bool // refuses direct-tcpip and direct-streamlocal
	// Fake are programs, name to sh body, that stand before the real ones in PATH.
	Fake map[string]string
}

// Server is a running server.
type Server struct {
	Addr       string // host:port
	User       string
	HostKey    ssh.Signer
	Identity   string // file with the private key that it accepts
	KnownHosts string // file with its host key
	Forwards   atomic.Int64
	Logins     atomic.Int64
	Sessions   atomic.Int64 // now open

	options  Options
	config   *ssh.ServerConfig
	path     string
	listener net.Listener
	mu       sync.Mutex
	conns    map[*conn]bool
	onExec   func(line string)
	turned   atomic.Int64
}

// Start runs a server until the test ends.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	dir := t.TempDir()
	if o.User == "" {
		o.User = "root"
	}
	if o.HostKey == nil {
		o.HostKey, _ = NewKey(t)
	}
	if o.Shell == nil {
		o.Shell = func(line string) *exec.Cmd { return exec.Command("sh", "-c", line) }
	}
	s := &Server{User: o.User, HostKey: o.HostKey, options: o, conns: map[*conn]bool{},
		Identity: filepath.Join(dir, "id"), KnownHosts: filepath.Join(dir, "known_hosts")}
	client, private := NewKey(t)
	write(t, s.Identity, private, 0o600)
	keys := [][]byte{client.PublicKey().Marshal()}
	if o.Login != nil {
		key, _, _, _, err := ssh.ParseAuthorizedKey(o.Login)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key.Marshal())
	}
	s.path = fakes(t, filepath.Join(dir, "bin"), o.Fake)
	s.config = &ssh.ServerConfig{
		MaxAuthTries: 6, // as sshd
		PublicKeyCallback: func(c ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if cert, ok := key.(*ssh.Certificate); ok && o.Authority != nil {
				checker := ssh.CertChecker{IsUserAuthority: func(by ssh.PublicKey) bool {
					return bytes.Equal(by.Marshal(), o.Authority.Marshal())
				}}
				return checker.Authenticate(c, cert)
			}
			if c.User() == o.User && slices.ContainsFunc(keys, func(k []byte) bool { return bytes.Equal(key.Marshal(), k) }) {
				return nil, nil
			}
			return nil, errors.New("not this one")
		},
	}
	if o.Banner != "" {
		s.config.BannerCallback = func(ssh.ConnMetadata) string { return o.Banner }
	}
	for _, key := range append(o.MoreHostKeys, o.HostKey) {
		s.config.AddHostKey(key)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.listener, s.Addr = listener, listener.Addr().String()
	write(t, s.KnownHosts, []byte(KnownHostsLine(s.Addr, o.HostKey.PublicKey())), 0o600)
	t.Cleanup(func() {
		listener.Close()
		s.Cut()
	})
	go s.accept()
	return s
}

// KnownHostsLine is the line for a host key at host:port.
func KnownHostsLine(addr string, key ssh.PublicKey) string {
	host, port, _ := net.SplitHostPort(addr)
	return "[" + host + "]:" + port + " " + string(ssh.MarshalAuthorizedKey(key))
}

// NewKey makes a key, and its PEM form.
func NewKey(t testing.TB) (ssh.Signer, []byte) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	return signer, pem.EncodeToMemory(block)
}

// fakes makes the programs that stand before the real ones in PATH. "id" says
// root by default, so that tests need not be it.
func fakes(t testing.TB, dir string, programs map[string]string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{"id": "echo 0"}
	for name, body := range programs {
		all[name] = body
	}
	for name, body := range all {
		write(t, filepath.Join(dir, name), []byte("#!/bin/sh\n"+body+"\n"), 0o755)
	}
	return dir + ":" + os.Getenv("PATH")
}

func write(t testing.TB, name string, content []byte, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(name, content, mode); err != nil {
		t.Fatal(err)
	}
}

// OnExec has f called with each command line before it is executed.
func (s *Server) OnExec(f func(line string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onExec = f
}

// Cut closes every connection, as a crash of the network's path does. What
// runs goes on.
func (s *Server) Cut() {
	for _, c := range s.all() {
		c.Close()
	}
}

// Connections is how many are open.
func (s *Server) Connections() int { return len(s.all()) }

// Freeze lets every present connection fall silent without closing it.
func (s *Server) Freeze() {
	for _, c := range s.all() {
		c.freeze()
	}
}

func (s *Server) all() []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*conn
	for c := range s.conns {
		all = append(all, c)
	}
	return all
}

func (s *Server) accept() {
	for {
		raw, err := s.listener.Accept()
		if err != nil {
			return
		}
		c := &conn{Conn: raw, frozen: make(chan struct{}), closed: make(chan struct{})}
		if s.turned.Add(1) <= int64(s.options.TurnsAway) {
			io.WriteString(c, "Exceeded MaxStartups\r\n")
			c.Close()
			continue
		}
		s.mu.Lock()
		s.conns[c] = true
		s.mu.Unlock()
		go func() {
			s.serve(c)
			c.Close()
			s.mu.Lock()
			delete(s.conns, c)
			s.mu.Unlock()
		}()
	}
}

func (s *Server) serve(c *conn) {
	server, channels, requests, err := ssh.NewServerConn(c, s.config)
	if err != nil {
		return
	}
	defer server.Close()
	s.Logins.Add(1)
	go func() {
		for r := range requests {
			r.Reply(false, nil) // as sshd answers a keepalive
		}
	}()
	for channel := range channels {
		go s.open(channel)
	}
}

// conn is a connection that can fall silent.
type conn struct {
	net.Conn
	once, freezeOnce sync.Once
	frozen, closed   chan struct{}
}

func (c *conn) freeze() { c.freezeOnce.Do(func() { close(c.frozen) }) }

func (c *conn) hold() {
	select {
	case <-c.frozen:
		<-c.closed
	default:
	}
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.hold()
	return n, err
}

func (c *conn) Write(p []byte) (int, error) {
	c.hold()
	return c.Conn.Write(p)
}

func (c *conn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}
