package fleet

import (
	"fmt"
	"maps"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"kea-lockstep/internal/kea"
)

// problem is what is wrong at one place of the file.
type problem struct {
	place   string // a YAML path: $.servers[1].name
	message string
}

func wrong(message, place string, args ...any) *problem {
	return &problem{place: fmt.Sprintf(place, args...), message: message}
}

// at finds the place in the text. Where the value is absent it is that of
// what should hold it.
func (p *problem) at(file string, tree *ast.File) *FileError {
	for place := p.place; place != ""; place = parent(place) {
		at, err := yaml.PathString(place)
		if err != nil {
			continue
		}
		node, err := at.FilterFile(tree)
		if err != nil || node == nil {
			continue
		}
		position := node.GetToken().Position
		return &FileError{Path: file, Line: position.Line, Column: position.Column, Message: p.message}
	}
	return &FileError{Path: file, Line: 1, Column: 1, Message: p.message}
}

// parent cuts the last element off a path.
func parent(place string) string {
	cut := max(strings.LastIndexByte(place, '.'), strings.LastIndexByte(place, '['))
	if cut < 0 {
		return ""
	}
	return place[:cut]
}

// checkScalars reads ahead what the YAML reader would refuse without a place:
// text that is not of its kind.
func checkScalars(tree *ast.File) *problem {
	for _, c := range []struct {
		place, message string
		parse          func(string) error
	}{
		{"$.target", "target must be a version of Kea, such as 3.0.3", func(s string) error { _, err := kea.ParseVersion(s); return err }},
		{"$.confirm.settle", "settle must be a time, such as 2s", func(s string) error { _, err := time.ParseDuration(s); return err }},
		{"$.confirm.dhcp_probe.relay", "relay must be an address", func(s string) error { _, err := netip.ParseAddr(s); return err }},
	} {
		at, err := yaml.PathString(c.place)
		if err != nil {
			return wrong(c.message, "%s", c.place)
		}
		node, err := at.FilterFile(tree)
		if err != nil || node == nil || node.Type() == ast.AliasType || node.Type() == ast.AnchorType {
			continue // absent, or its text stands elsewhere
		}
		if c.parse(node.GetToken().Value) != nil {
			return wrong(c.message, "%s", c.place)
		}
	}
	return nil
}

// check finds the first thing that is wrong.
func (f *File) check() *problem {
	if f.Version != 1 {
		return wrong("version must be 1", "$.version")
	}
	for _, check := range []func() *problem{f.checkServers, f.checkCanary, f.checkWithout, f.checkDatabases, f.checkSessions, f.checkBackup, f.checkRest} {
		if p := check(); p != nil {
			return p
		}
	}
	return nil
}

// serverName keeps names fit for directories and for the ids of steps.
var serverName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

var digest = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

func (f *File) checkServers() *problem {
	if len(f.Servers) == 0 {
		return wrong("there is no server in it", "$.servers")
	}
	seen := make(map[string]bool)
	for i, s := range f.Servers {
		switch {
		case !serverName.MatchString(s.Name):
			return wrong("a server needs a name of letters, digits, dots and dashes", "$.servers[%d].name", i)
		case seen[s.Name]:
			return wrong("another server is called "+s.Name, "$.servers[%d].name", i)
		case strings.HasPrefix(s.SSH, "-") || strings.ContainsAny(s.SSH, " \t\n"):
			return wrong("this is no host that ssh could reach", "$.servers[%d].ssh", i)
		}
		seen[s.Name] = true
		for _, on := range slices.Sorted(maps.Keys(s.Config)) {
			if p := checkStaged(i, on, s.Config[on]); p != nil {
				return p
			}
		}
	}
	return nil
}

func checkStaged(server int, on string, staged StagedFile) *problem {
	switch {
	case !path.IsAbs(on) || path.Clean(on) != on:
		return wrong("the path on the server must be absolute and plain: "+on, "$.servers[%d].config", server)
	case staged.File == "":
		return wrong("no file is given for "+on, "$.servers[%d].config", server)
	case staged.MadeFrom != "" && !digest.MatchString(staged.MadeFrom):
		return wrong("made_from of "+on+" must be sha256: and 64 hexadecimal digits", "$.servers[%d].config", server)
	}
	return nil
}

func (f *File) hasServer(name string) bool {
	return slices.ContainsFunc(f.Servers, func(s ServerEntry) bool { return s.Name == name })
}

func (f *File) checkCanary() *problem {
	for i, name := range f.Canary {
		if !f.hasServer(name) {
			return wrong("no server is called "+name, "$.canary[%d]", i)
		}
		if slices.Contains(f.Canary[:i], name) {
			return wrong(name+" stands here twice", "$.canary[%d]", i)
		}
	}
	return nil
}

func (f *File) checkWithout() *problem {
	for i, daemon := range f.Without {
		if daemon != kea.CtrlAgent {
			return wrong("of Kea's daemons "+string(kea.CtrlAgent)+" alone has an end", "$.without[%d]", i)
		}
	}
	return nil
}

func (f *File) checkDatabases() *problem {
	for i, d := range f.Databases {
		host, _, name, ok := SplitMatch(d.Match)
		switch {
		case !ok || host == "" || name == "":
			return wrong("match must be host/name or host:port/name", "$.databases[%d].match", i)
		case d.Server != "" && !f.hasServer(d.Server):
			return wrong("no server is called "+d.Server, "$.databases[%d].server", i)
		case (host == "localhost" || strings.HasPrefix(host, "/")) && d.Server == "":
			return wrong(host+" is another database on every server: say which with server", "$.databases[%d].match", i)
		case d.Via == ViaHere && (host == "localhost" || strings.HasPrefix(host, "/")):
			return wrong(host+" is reached from its server alone: take via out", "$.databases[%d].via", i)
		case d.Via != "" && d.Via != ViaHere && !f.hasServer(d.Via):
			return wrong("no server is called "+d.Via+", nor is it here", "$.databases[%d].via", i)
		case d.Via != "" && d.Admin == nil:
			return wrong("via is the way of the admin account, and none is named: Kea's own looks from where Kea is", "$.databases[%d].via", i)
		case d.Engine != "" && d.Engine != kea.MySQL && d.Engine != kea.PostgreSQL:
			return wrong("engine must be mysql or postgresql", "$.databases[%d].engine", i)
		case d.TLS != nil:
			return wrong("TLS is spoken as the Kea configuration says: take tls out", "$.databases[%d].tls", i)
		}
		if p := checkAccount(i, "admin", d.Admin); p != nil {
			return p
		}
		if p := checkAccount(i, "owner", d.Owner); p != nil {
			return p
		}
		if slices.ContainsFunc(f.Databases[:i], func(e DatabaseEntry) bool { return e.hides(d) }) {
			return wrong(d.Match+" stands here twice", "$.databases[%d].match", i)
		}
	}
	return nil
}

// hides reports whether an entry that stands before another is always the one that fits.
func (d DatabaseEntry) hides(later DatabaseEntry) bool {
	return d.Match == later.Match && d.Server == later.Server && (d.Engine == "" || d.Engine == later.Engine)
}

func checkAccount(database int, place string, a *Account) *problem {
	switch {
	case a == nil:
		return nil
	case a.User == "":
		return wrong("the account has no user", "$.databases[%d].%s.user", database, place)
	case !a.Password.named():
		return wrong("the account has no password: "+waysToASecret, "$.databases[%d].%s.password", database, place)
	}
	return nil
}

func (f *File) checkSessions() *problem {
	for i, client := range f.Sessions.Allow {
		user, address, ok := strings.Cut(client, "@")
		if !ok || user == "" || address == "" || strings.ContainsAny(client, " \t*%") {
			return wrong("a client is user@address, without wildcards", "$.sessions.allow[%d]", i)
		}
	}
	return nil
}

func (f *File) checkBackup() *problem {
	commands := len(f.Backup.Command) > 0 || len(f.Backup.RestoreCommand) > 0
	switch f.Backup.Method {
	case BackupDump, BackupCopy, BackupNone:
		if commands {
			return wrong("command and restore_command are for method: command", "$.backup.method")
		}
	case BackupCommand:
		if len(f.Backup.Command) == 0 || len(f.Backup.RestoreCommand) == 0 {
			return wrong("method: command needs command and restore_command", "$.backup.method")
		}
		for key, words := range map[string][]string{"command": f.Backup.Command, "restore_command": f.Backup.RestoreCommand} {
			if p := words[0]; p == "" || strings.Contains(p, "/") && !path.IsAbs(p) || strings.ContainsAny(strings.Join(words, ""), "\n\x00") {
				return wrong("it runs on the servers: an absolute path there, or the name of a program, and its arguments, each of one line", "$.backup.%s", key)
			}
		}
	default:
		return wrong("method must be dump, copy, command or none", "$.backup.method")
	}
	if d := f.Backup.Directory; !path.IsAbs(d) || path.Clean(d) != d || d == "/" {
		return wrong("directory must be an absolute path on the servers", "$.backup.directory")
	}
	return nil
}

func (f *File) checkRest() *problem {
	switch {
	case f.Confirm.Settle <= 0 || f.Confirm.Settle > 10*time.Minute:
		return wrong("settle must be above 0 and at most 10m", "$.confirm.settle")
	case f.Confirm.DHCPProbe != nil && !f.Confirm.DHCPProbe.Relay.IsValid():
		return wrong("relay must be an address", "$.confirm.dhcp_probe.relay")
	case f.Parallel < 1 || f.Parallel > 1000:
		return wrong("parallel must be between 1 and 1000", "$.parallel")
	}
	for i, l := range f.Notify {
		if (len(l.Exec) == 0 || l.Exec[0] == "") == (l.Webhook == nil) {
			return wrong("a listener is either exec: [COMMAND, ...] or webhook: { env: NAME }", "$.notify[%d]", i)
		}
	}
	return nil
}
