package fleet

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Draft makes the fleet of hosts that nobody wrote a fleet file for yet: each as ssh takes it (an alias, user@host, user@host:port),
// under a name that is made from it. config is the configuration of ssh to go by; empty: ssh's own. The path is where the file will
// be. The error says in a sentence what is wrong with the hosts.
func Draft(path string, hosts []string, config string) (File, error) {
	f := defaultFile()
	f.Path, f.Version, f.SSH.Config = path, 1, config
	seen := map[string]bool{}
	for _, h := range hosts {
		switch {
		case !isHost(h):
			return File{}, fmt.Errorf("%q is no host that ssh could reach", h)
		case seen[h]:
			return File{}, fmt.Errorf("%s is named twice", h)
		}
		seen[h] = true
	}
	for i, name := range namesOf(hosts) {
		f.Servers = append(f.Servers, ServerEntry{Name: name, SSH: hosts[i]})
	}
	if p := f.check(); p != nil {
		return File{}, fmt.Errorf("%s", p.message)
	}
	return f, nil
}

// isHost reports whether a word can be a host for ssh: something stands where the host should, a port is one, and nothing in it would be
// taken for anything else.
func isHost(h string) bool {
	user, host, found := strings.Cut(h, "@")
	if !found {
		user, host = "nobody", h
	}
	name, port := partsOf(h)
	n, err := strconv.ParseUint(port, 10, 16)
	return utf8.ValidString(h) && !strings.ContainsFunc(h, func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) }) &&
		user != "" && !strings.HasPrefix(h, "-") && !strings.HasPrefix(name, "-") && name != "" && !strings.ContainsAny(name, "/@[]") &&
		(port == "" || err == nil && n > 0) && !strings.HasSuffix(host, ":")
}

// partsOf gives the host and the port of a host as ssh takes it.
func partsOf(h string) (host, port string) {
	rest := strings.TrimSuffix(strings.TrimPrefix(h, "ssh://"), "/")
	rest = rest[strings.LastIndexByte(rest, '@')+1:]
	bare, bracketed := strings.CutPrefix(rest, "[")
	if inner, ok := strings.CutSuffix(bare, "]"); bracketed && ok {
		return inner, ""
	}
	if bracketed || strings.Count(rest, ":") == 1 {
		if host, port, err := net.SplitHostPort(rest); err == nil {
			return host, port
		}
	}
	return rest, ""
}

// namesOf gives each host a name: the first label of its host name, or, where several would be called the same, as much more of it as
// tells them apart. Addresses are names as they are.
func namesOf(hosts []string) []string {
	level := make([]int, len(hosts))
	names := make([]string, len(hosts))
	for again := true; again; {
		again = false
		times := map[string]int{}
		for i, h := range hosts {
			names[i] = nameOf(h, level[i])
			times[names[i]]++
		}
		for i := range hosts {
			if times[names[i]] > 1 && level[i] < longest {
				level[i]++
				again = true
			}
		}
	}
	taken := map[string]bool{}
	for i, name := range names {
		for n := 2; taken[names[i]]; n++ {
			names[i] = fmt.Sprintf("%s-%d", name, n)
		}
		taken[names[i]] = true
	}
	return names
}

// longest is the level of a name that says most.
const longest = 3

// nameOf names a host: by its first label, by all of it, with its port, with all that was typed.
func nameOf(h string, level int) string {
	host, port := partsOf(h)
	name := host
	_, err := netip.ParseAddr(host)
	switch {
	case level == 0 && err != nil:
		name, _, _ = strings.Cut(host, ".")
	case level == 2 && port != "":
		name += "-" + port
	case level == longest:
		name = h
	}
	fit := func(r rune) rune {
		if r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._-", r)) {
			return r
		}
		return '-'
	}
	const most = 80 // a number may follow
	name = strings.TrimLeft(strings.Map(fit, name), "._-")
	name = strings.TrimRight(name[:min(len(name), most)], "-")
	if name == "" {
		return "server"
	}
	return name
}
