package ssh

import (
	"net"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// endpoint is one machine to log in to, with everything resolved.
type endpoint struct {
	alias, user, host, port string

	identities     []string
	certificates   []string
	identitiesOnly bool
	agent          string // socket, or empty
	knownHosts     []string
	knownCommand   string // prints more of them
	hashKnown      bool
	hostKeyAlias   string
	network        string // tcp, tcp4 or tcp6
	bind           string // our own address, or empty
	proxyJump      []string
	proxyCommand   string
	timeout        time.Duration
}

func (e endpoint) dialAddress() string { return net.JoinHostPort(e.host, e.port) }

func (e endpoint) String() string { return e.user + "@" + e.dialAddress() }

// key tells connections apart: two servers with the same key share one.
func (e endpoint) key() string {
	return strings.Join([]string{e.user, e.host, e.port, e.hostKeyAlias, e.proxyCommand,
		strings.Join(e.identities, "\x01"), strings.Join(e.certificates, "\x01"), strings.Join(e.knownHosts, "\x01"), e.knownCommand,
		e.agent, e.network, e.bind}, "\x00")
}

// hostKeyAddress is what known_hosts is asked for.
func (e endpoint) hostKeyAddress() string {
	if e.hostKeyAlias != "" {
		return net.JoinHostPort(e.hostKeyAlias, "22")
	}
	return net.JoinHostPort(strings.ToLower(e.host), e.port)
}

var defaultIdentities = []string{"~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa"}

func newEndpoint(alias string, s settings) endpoint {
	local := localUser()
	e := endpoint{alias: alias, host: orElse(s.first("hostname"), alias), user: orElse(s.first("user"), local),
		port: orElse(s.first("port"), "22"), hostKeyAlias: s.first("hostkeyalias"),
		identitiesOnly: s.first("identitiesonly") == "yes", hashKnown: s.first("hashknownhosts") == "yes", bind: s.first("bindaddress"),
		network: map[string]string{"inet": "tcp4", "inet6": "tcp6"}[s.first("addressfamily")]}
	e.network = orElse(e.network, "tcp")
	tokens := map[byte]string{'%': "%", 'h': e.host, 'n': alias, 'p': e.port, 'r': e.user, 'u': local,
		'd': homeDir(), 'i': strconv.Itoa(os.Getuid()), 'k': orElse(e.hostKeyAlias, alias)}
	e.host = expandTokens(e.host, map[byte]string{'%': "%", 'h': alias})
	tokens['h'] = e.host
	path := func(p string) string { return expandHome(os.ExpandEnv(expandTokens(p, tokens))) }

	ids := s["identityfile"]
	if len(ids) == 0 {
		ids = defaultIdentities
	}
	for _, id := range ids {
		if id != "none" {
			e.identities = append(e.identities, path(id))
		}
	}
	for _, c := range s["certificatefile"] {
		e.certificates = append(e.certificates, path(c))
	}
	e.agent = agentSocket(s.first("identityagent"), path)
	for _, key := range []string{"userknownhostsfile", "globalknownhostsfile"} {
		value := s.first(key)
		if value == "" {
			value = map[string]string{"userknownhostsfile": "~/.ssh/known_hosts ~/.ssh/known_hosts2",
				"globalknownhostsfile": "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2"}[key]
		}
		for f := range strings.FieldsSeq(value) {
			if f = strings.Trim(f, `"`); f != "none" {
				e.knownHosts = append(e.knownHosts, path(f))
			}
		}
	}
	if jump := s.first("proxyjump"); jump != "" && jump != "none" {
		for j := range strings.SplitSeq(jump, ",") {
			e.proxyJump = append(e.proxyJump, strings.TrimSpace(j))
		}
	}
	if command := s.first("proxycommand"); command != "" && command != "none" && e.proxyJump == nil {
		e.proxyCommand = expandTokens(command, tokens)
	}
	if command := s.first("knownhostscommand"); command != "" && command != "none" {
		e.knownCommand = expandTokens(command, e.knownTokens(tokens))
	}
	if seconds, err := strconv.Atoi(s.first("connecttimeout")); err == nil && seconds > 0 {
		e.timeout = time.Duration(seconds) * time.Second
	}
	return e
}

// agentSocket resolves IdentityAgent (ssh_config(5)): unset and
// SSH_AUTH_SOCK mean the environment, $NAME a variable, none no agent.
func agentSocket(value string, path func(string) string) string {
	switch {
	case value == "" || value == "SSH_AUTH_SOCK":
		return os.Getenv("SSH_AUTH_SOCK")
	case value == "none":
		return ""
	}
	return path(strings.Trim(value, `"`))
}

// expandTokens replaces %x; what it does not know stays as it is.
func expandTokens(s string, tokens map[byte]string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+1 < len(s) {
			if v, ok := tokens[s[i+1]]; ok {
				b.WriteString(v)
				i++
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func expandHome(p string) string {
	if p == "~" || strings.HasPrefix(p, "~/") {
		return filepath.Join(homeDir(), p[1:])
	}
	return p
}

// homeDir is the one of the account, as for OpenSSH, which does not look at $HOME.
func homeDir() string {
	if u, err := user.Current(); err == nil {
		return u.HomeDir
	}
	return os.Getenv("HOME")
}

func localUser() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return os.Getenv("USER")
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func existing(files []string) []string {
	return slices.DeleteFunc(slices.Clone(files), func(f string) bool {
		_, err := os.Stat(f)
		return err != nil
	})
}
