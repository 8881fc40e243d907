package ssh

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"os/exec"
	"sync"
	"time"

	xssh "golang.org/x/crypto/ssh"
)

// Options of a Pool. The zero value is fit for use.
type Options struct {
	Keepalive time.Duration // how often a connection is asked whether it lives; 0: 3 s
	Missed    int           // how many unanswered in a row make it dead; 0: 3
	Sessions  int           // scripts at once on one connection; 0: 8
	Timeout   time.Duration // dial and handshake, where neither Login nor configuration says; 0: 10 s
	// Dial opens the TCP connections; nil: net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	Rand io.Reader // for the marks around output; nil: crypto/rand
}

// Pool holds the connections: one for each server, and one for each jump host
// however many servers lie behind it. Safe for concurrent use.
type Pool struct {
	options Options
	binary  string // OpenSSH's client, or empty

	resolving chan struct{} // a place for each question to the configuration

	mu        sync.Mutex
	links     map[string]*link
	jumpHosts map[jumpHost]endpoint
	unlocked  map[string]xssh.Signer // private keys that had a passphrase, by their files
	closed    bool
}

// mostQuestions is how many processes of "ssh -G" run at once.
const mostQuestions = 8

// NewPool makes a pool; it dials nothing yet.
func NewPool(o Options) *Pool {
	if o.Keepalive == 0 {
		o.Keepalive = 3 * time.Second
	}
	if o.Missed == 0 {
		o.Missed = 3
	}
	if o.Sessions == 0 {
		o.Sessions = 8 // OpenSSH allows 10 (MaxSessions in sshd_config(5)), forwarded connections aside
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	p := &Pool{options: o, links: map[string]*link{}, jumpHosts: map[jumpHost]endpoint{}, unlocked: map[string]xssh.Signer{},
		resolving: make(chan struct{}, mostQuestions)}
	if binary, err := exec.LookPath("ssh"); err == nil {
		p.binary = binary
	}
	return p
}

// dialer opens TCP connections, from an address of ours where one is named.
func (p *Pool) dialer(bind string) (func(ctx context.Context, network, address string) (net.Conn, error), error) {
	if bind == "" {
		return p.options.Dial, nil
	}
	from, err := net.ResolveTCPAddr("tcp", net.JoinHostPort(bind, "0"))
	if err != nil {
		return nil, fmt.Errorf("BindAddress: %w", err)
	}
	return (&net.Dialer{LocalAddr: from}).DialContext, nil
}

// Host gives the handle for one server. Nothing is dialed or read yet.
func (p *Pool) Host(l Login) *Host {
	if l.Name == "" {
		l.Name = l.Address
	}
	return &Host{pool: p, login: l, turn: make(chan struct{}, 1), rising: make(chan struct{}, 1)}
}

// Close ends every connection. Scripts that run get ErrFateUnknown; jobs on
// the servers go on.
func (p *Pool) Close() error {
	p.mu.Lock()
	links := p.links
	p.links, p.closed = map[string]*link{}, true
	p.mu.Unlock()
	for _, l := range links {
		l.close()
	}
	return nil
}

// link finds or makes the link to e through via (nil: directly).
func (p *Pool) link(e endpoint, via *link) *link {
	key := e.key()
	if via != nil {
		key += "\x00via\x00" + via.key
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if l := p.links[key]; l != nil {
		return l
	}
	l := &link{pool: p, key: key, to: e, via: via, turn: make(chan struct{}, 1)}
	if !p.closed {
		p.links[key] = l
	}
	return l
}
