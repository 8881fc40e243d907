package ssh

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// Login says how to log in to one server.
type Login struct {
	Name    string // what errors call the server
	Address string // alias, host, user@host, user@host:port, [v6]:port or ssh:// URL
	// Sudo: true takes root through sudo, or through doas where there is no
	// sudo; false never does, nil does so if the login is not "root".
	Sudo *bool
	// SudoPassword gives the password where sudo wants one. It is asked for at
	// most once; nil: nobody knows it.
	SudoPassword func(ctx context.Context) (string, error)
	Identity     string        // a private key, as with ssh -i
	KnownHosts   string        // replaces the known_hosts files of the configuration
	ConfigFile   string        // as with ssh -F; "none" reads none
	Timeout      time.Duration // for dialing and handshake; 0: ConnectTimeout, else 10 s
}

// address is what the operator wrote, taken apart; empty parts are left to the
// client configuration.
type address struct{ user, host, port string }

func parseAddress(s string) (address, error) {
	var a address
	rest := strings.TrimSuffix(strings.TrimPrefix(s, "ssh://"), "/")
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		a.user, rest = rest[:i], rest[i+1:]
		if a.user == "" {
			return a, fmt.Errorf("address %q: nothing before the @", s)
		}
	}
	a.host = rest
	if strings.HasPrefix(rest, "[") || strings.Count(rest, ":") == 1 {
		host, port, err := splitPort(rest)
		if err != nil {
			return a, fmt.Errorf("address %q: %w", s, err)
		}
		a.host, a.port = host, port
	}
	if a.host == "" || strings.HasPrefix(a.host, "-") || strings.HasPrefix(a.user, "-") ||
		strings.ContainsFunc(a.user+a.host, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '/' }) {
		return a, fmt.Errorf("address %q names no host", s)
	}
	return a, nil
}

func splitPort(s string) (host, port string, err error) {
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		return s[1 : len(s)-1], "", nil
	}
	host, port, err = net.SplitHostPort(s)
	if err != nil {
		return "", "", err
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", "", fmt.Errorf("port %q is none", port)
	}
	return host, port, nil
}
