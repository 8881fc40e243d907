package ssh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	xssh "golang.org/x/crypto/ssh"
)

// link is the way to one endpoint. It holds at most one live connection and
// dials anew on the next use after a loss.
type link struct {
	pool *Pool
	key  string
	to   endpoint
	via  *link

	turn    chan struct{} // held by the one who dials; guards what follows
	conn    *connection
	refused *refusal // the newest dial, where it did not let us in
}

// refusal is a login that came to nothing. sshd counts those, and soon turns
// away whoever comes from that address (PerSourcePenalties in sshd_config(5)),
// so the next who want the same connection are told of it instead.
type refusal struct {
	err   Error
	at    time.Time
	keys  int          // how many had been unlocked by then
	check func() error // holds the host key that was offered against what is trusted now
}

// refusalAge is how long a refusal is taken to hold.
const refusalAge = 10 * time.Second

func (r *refusal) stands(keys int) bool {
	return r != nil && time.Since(r.at) < refusalAge && keys == r.keys && (errors.Is(&r.err, ErrAuth) || r.check() != nil)
}

// get gives the live connection, dialing if there is none.
func (l *link) get(ctx context.Context) (*connection, *Error) {
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, l.fail(ErrUnreachable, context.Cause(ctx))
	}
	defer func() { <-l.turn }()
	if l.conn != nil && l.conn.alive() {
		return l.conn, nil
	}
	if l.refused.stands(l.pool.openKeys()) {
		again := l.refused.err
		return nil, &again
	}
	l.refused = nil
	c, err := l.dial(ctx)
	if err != nil {
		return nil, err
	}
	l.conn = c
	return c, nil
}

func (l *link) close() {
	l.turn <- struct{}{}
	defer func() { <-l.turn }()
	if l.conn != nil {
		l.conn.end(errors.New("connection closed by us"))
	}
}

func (l *link) fail(kind, cause error) *Error {
	return &Error{Doing: "log in as " + l.to.String(), Kind: kind, Err: cause}
}

// dial logs in. An sshd that has too many logins under way closes some before
// it says anything (MaxStartups in sshd_config(5)): it is asked again. A jump
// host before it has a time of its own.
func (l *link) dial(ctx context.Context) (*connection, *Error) {
	jump, err := l.jump(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, l.to.timeout,
		fmt.Errorf("no answer within %v: %w", l.to.timeout, context.DeadlineExceeded))
	defer cancel()
	wait := firstWait
	for times := 1; ; times++ {
		raw, err := l.reach(ctx, jump)
		if err != nil && jump != nil && ctx.Err() == nil && jump.failed(err) {
			if jump, err = l.jump(ctx); err == nil { // it was lost just now
				raw, err = l.reach(ctx, jump)
			}
		}
		if err != nil {
			return nil, err
		}
		heard := &hearing{Conn: raw}
		c, err := l.login(ctx, heard)
		if err == nil || !heard.turnedAway() {
			return c, err
		}
		select {
		case <-time.After(wait/2 + rand.N(wait)): // others were turned away, too
		case <-ctx.Done():
			return nil, err.turnedAway(times, l.to.timeout)
		}
		wait = min(2*wait, lastWait)
	}
}

// turnedAway tells how often a login was tried.
func (e *Error) turnedAway(times int, within time.Duration) *Error {
	if times > 1 {
		e.Err = fmt.Errorf("turned away %d times in %v: %w", times, within, e.Err)
	}
	if strings.Contains(e.Saw, "MaxStartups") {
		e.Next = "grep -i MaxStartups /etc/ssh/sshd_config /etc/ssh/sshd_config.d/* on that server"
	}
	return e
}

// jump gives the connection to the jump host before the endpoint; nil: there is none.
func (l *link) jump(ctx context.Context) (*connection, *Error) {
	if l.via == nil || l.to.proxyCommand != "" {
		return nil, nil
	}
	jump, err := l.via.get(ctx)
	if err != nil && !strings.HasPrefix(err.Doing, "jump host") {
		err.Doing = "jump host " + l.via.to.alias + ": " + err.Doing
	}
	return jump, err
}

// How long to wait before a server that was too busy is asked again, about
// twice as long each time, until the time for the login is over.
const (
	firstWait = 250 * time.Millisecond
	lastWait  = 2 * time.Second
)

// hearing keeps the beginning of what a server says.
type hearing struct {
	net.Conn
	count atomic.Int64 // of reads that brought something
	mu    sync.Mutex
	said  []byte
}

func (h *hearing) Read(b []byte) (int, error) {
	n, err := h.Conn.Read(b)
	if n > 0 {
		h.count.Add(1)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.said = append(h.said, b[:min(n, 255-len(h.said))]...)
	return n, err
}

// before gives what the server said so far, unless it greeted: said which
// version of the protocol it speaks.
func (h *hearing) before() (said []byte, greeted bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if bytes.Contains(h.said, []byte("SSH-")) {
		return nil, true
	}
	return bytes.Clone(h.said), false
}

// turnedAway reports whether it ended before it greeted, and not because it
// wants nothing of us for a while (PerSourcePenalties).
func (h *hearing) turnedAway() bool {
	said, greeted := h.before()
	return !greeted && !bytes.Contains(said, []byte("Not allowed"))
}

// login makes a connection of a byte stream.
func (l *link) login(ctx context.Context, raw *hearing) (*connection, *Error) {
	keys, readErr := readHostKeys(ctx, l.to)
	if readErr != nil {
		_ = raw.Close()
		return nil, l.fail(ErrConfig, readErr)
	}
	keysOpen := l.pool.openKeys()
	ring := newKeyring(l.to, l.pool.opened)
	defer ring.close()

	var hostKeyErr error
	trusted, check := false, func() error { return nil }
	config := &xssh.ClientConfig{
		User:              l.to.user,
		HostKeyAlgorithms: keys.algorithms(l.to.hostKeyAddress()),
		HostKeyCallback: func(_ string, remote net.Addr, key xssh.PublicKey) error {
			check = func() error {
				now, err := readHostKeys(context.WithoutCancel(ctx), l.to)
				if err != nil {
					return err
				}
				return now.check(l.to.hostKeyAddress(), remote, key)
			}
			hostKeyErr = keys.check(l.to.hostKeyAddress(), remote, key)
			trusted = hostKeyErr == nil
			return hostKeyErr
		},
		Auth: []xssh.AuthMethod{xssh.PublicKeysCallback(func() ([]xssh.Signer, error) { return ring.signers, nil })},
	}
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	c, chans, reqs, shakeErr := xssh.NewClientConn(raw, l.to.dialAddress(), config)
	if !stop() && shakeErr == nil {
		shakeErr = context.Cause(ctx)
	}
	if shakeErr != nil {
		_ = raw.Close()
		err := l.handshakeError(ctx, shakeErr, hostKeyErr, trusted, ring)
		if said, greeted := raw.before(); !greeted {
			err.Saw = glimpse(said)
		}
		if hostKeyErr != nil || errors.Is(err, ErrAuth) {
			l.refused = &refusal{*err, time.Now(), keysOpen, check}
		}
		return nil, err
	}
	return newConnection(xssh.NewClient(c, chans, reqs), raw, l.pool.options), nil
}

// reach opens the byte stream to the endpoint's sshd.
func (l *link) reach(ctx context.Context, jump *connection) (net.Conn, *Error) {
	if l.to.proxyCommand != "" {
		conn, err := runProxy(exec.Command("/bin/sh", "-c", "exec "+l.to.proxyCommand))
		if err != nil {
			return nil, l.fail(ErrUnreachable, err)
		}
		return conn, nil
	}
	if jump == nil {
		dial, err := l.pool.dialer(l.to.bind)
		if err != nil {
			return nil, l.fail(ErrConfig, err)
		}
		conn, err := dial(ctx, l.to.network, l.to.dialAddress())
		if err != nil {
			return nil, l.fail(ErrUnreachable, causeOr(ctx, err))
		}
		return conn, nil
	}
	conn, err := jump.client.DialContext(ctx, "tcp", l.to.dialAddress())
	if err != nil {
		return nil, l.fail(ErrUnreachable, fmt.Errorf("through jump host %s: %w", l.via.to.alias, causeOr(ctx, err)))
	}
	return conn, nil
}

func (l *link) handshakeError(ctx context.Context, err, hostKeyErr error, trusted bool, ring *keyring) *Error {
	var key *HostKeyError
	switch text := err.Error(); {
	case errors.As(hostKeyErr, &key):
		return l.hostKeyError(key, hostKeyErr)
	case hostKeyErr != nil:
		return l.fail(ErrUnknownHostKey, hostKeyErr)
	case trusted && (strings.Contains(text, "unable to authenticate") || strings.Contains(text, "disconnect, reason")):
		if len(ring.locked) > 0 {
			err = &LockedError{ring.locked, err}
		}
		e := l.fail(ErrAuth, err)
		e.Saw = strings.Join(ring.notes, "; ")
		e.Next = fmt.Sprintf("ssh -p %s %s@%s true", l.to.port, l.to.user, l.to.host)
		if len(ring.signers) == 0 {
			e.Saw = strings.TrimPrefix(e.Saw+"; no key to offer", "; ")
		}
		return e
	}
	return l.fail(ErrUnreachable, causeOr(ctx, err))
}

func (l *link) hostKeyError(key *HostKeyError, err error) *Error {
	file := "~/.ssh/known_hosts"
	if len(l.to.knownHosts) > 0 {
		file = l.to.knownHosts[0]
	}
	compare := fmt.Sprintf("compare with %q on the console of %s; if it is the same: ", key.Compare(), l.to.host)
	if key.Revoked || len(key.Known) > 0 {
		e := l.fail(ErrHostKeyChanged, err)
		e.Next = compare + fmt.Sprintf("ssh-keygen -R %s -f %s && echo %s >>%s", quote(key.Host), quote(file), quote(key.Line), quote(file))
		if key.Revoked {
			e.Next = "the key was revoked in " + key.Known[0] + ": find out why before anything else"
		}
		return e
	}
	e := l.fail(ErrUnknownHostKey, err)
	e.Next = compare + fmt.Sprintf("echo %s >>%s", quote(key.Line), quote(file))
	return e
}

// keyFileName is the middle of sshd's file name for a key type.
func keyFileName(keyType string) string {
	for _, name := range []string{"ed25519", "ecdsa", "rsa"} {
		if strings.Contains(keyType, name) {
			return name
		}
	}
	return "*"
}

// causeOr prefers the context's cause (which names a timeout) once it has ended.
func causeOr(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return context.Cause(ctx)
}
