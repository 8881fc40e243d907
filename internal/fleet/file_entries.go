package fleet

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"kea-lockstep/internal/kea"
)

// ServerEntry names a server.
type ServerEntry struct {
	Name     string                `yaml:"name" jsonschema:"required,pattern=^[A-Za-z0-9][A-Za-z0-9._-]*$" jsonschema_description:"What this server is called here."`
	SSH      string                `yaml:"ssh,omitempty" jsonschema_description:"Whatever ssh accepts: an alias, user@host, user@host:port. Default: the name."`
	Sudo     *bool                 `yaml:"sudo,omitempty" jsonschema_description:"Whether root is reached through sudo. Default: if the login is not root."`
	Playbook string                `yaml:"playbook,omitempty" jsonschema_description:"What kind of platform it is: a name, or the path of a playbook of your own (docs/playbooks.md). Default: found by looking."`
	Config   map[string]StagedFile `yaml:"config,omitempty" jsonschema_description:"Files put in place after the software upgrade, by the path on the server."`
}

// StagedFile is a file of this machine that goes to a server with the
// upgrade. It is written as a path, or as a map with the digest of the file
// that it was made from.
type StagedFile struct {
	File string `yaml:"file"`
	// MadeFrom is "sha256:" and the digest of today's file on the server; a
	// file that differs is refused. Empty: not checked.
	MadeFrom string `yaml:"made_from,omitempty"`
}

// UnmarshalYAML reads both forms.
func (s *StagedFile) UnmarshalYAML(node ast.Node) error {
	if text, ok := node.(*ast.StringNode); ok {
		*s = StagedFile{File: text.Value}
		return nil
	}
	if _, ok := node.(*ast.MappingNode); !ok {
		return fail(node, "a file is a path, or { file: PATH, made_from: sha256:... }")
	}
	type plain StagedFile
	return yaml.NodeToValue(node, (*plain)(s), yaml.Strict())
}

// SSHSettings is what the operator's ssh does not know by itself.
type SSHSettings struct {
	Identity     string        `yaml:"identity,omitempty" jsonschema_description:"A private key."`
	SudoPassword *SecretSource `yaml:"sudo_password,omitempty" jsonschema_description:"The login's password, where sudo wants it. Default: asked for on the terminal, once."`
	KnownHosts   string        `yaml:"known_hosts,omitempty" jsonschema_description:"Host keys. Default: those of ssh."`
	Config       string        `yaml:"config,omitempty" jsonschema_description:"A configuration of ssh instead of ~/.ssh/config."`
}

// DatabaseEntry is what to know of a database beyond the Kea configuration.
type DatabaseEntry struct {
	Match  string     `yaml:"match" jsonschema:"required,pattern=^.+/.+$" jsonschema_description:"host[:port]/name as in the Kea configuration; a host that is a directory ends at the last slash."`
	Server string     `yaml:"server,omitempty" jsonschema_description:"The server whose configuration is meant; needed where the host is localhost."`
	Engine kea.Engine `yaml:"engine,omitempty" jsonschema:"enum=mysql,enum=postgresql" jsonschema_description:"Default: as in the Kea configuration."`
	Via    string     `yaml:"via,omitempty" jsonschema_description:"The server to tunnel through for the admin account, or here: from this machine. Default: each server whose Kea uses it."`
	TLS    any        `yaml:"tls,omitempty" jsonschema:"-"` // the Kea configuration says it: refused with a reason, and no part of the schema
	Admin  *Account   `yaml:"admin,omitempty" jsonschema_description:"Looks at sessions, makes scratch databases, restores."`
	Owner  *Account   `yaml:"owner,omitempty" jsonschema_description:"Runs kea-admin. Default: the account in the Kea configuration."`
}

// ViaHere, in Via, leads from this machine, through no server. A server of that name comes first.
const ViaHere = "here"

// SplitMatch takes apart "host[:port]/name". The port is 0 where none is named. A name may hold slashes, unless the host is a directory,
// where PostgreSQL has its socket: then it is what follows the last one. It is false where the port is none.
func SplitMatch(match string) (host string, port int, name string, ok bool) {
	if strings.HasPrefix(match, "/") {
		cut := strings.LastIndexByte(match, '/')
		return match[:cut], 0, match[cut+1:], true
	}
	host, name, _ = strings.Cut(match, "/")
	if h, p, err := net.SplitHostPort(host); err == nil {
		n, err := strconv.Atoi(p)
		if err != nil {
			return "", 0, "", false
		}
		host, port = h, n
	}
	return strings.Trim(host, "[]"), port, name, true
}

// Account is an account of a database.
type Account struct {
	User     string       `yaml:"user" jsonschema:"required"`
	Password SecretSource `yaml:"password" jsonschema:"required" jsonschema_description:"Where the password is; never the password itself."`
}

// Sessions tells which database clients may be there.
type Sessions struct {
	Allow []string `yaml:"allow,omitempty" jsonschema_description:"user@address of clients that may stay connected. Kea's own account at a fleet address never may."`
}

// BackupMethod is how a database is backed up.
type BackupMethod string

// The methods.
const (
	BackupDump    BackupMethod = "dump"    // dumped on two servers, proved by restoring
	BackupCopy    BackupMethod = "copy"    // copied within the database's own server, proved by comparing
	BackupCommand BackupMethod = "command" // the operator's own commands
	BackupNone    BackupMethod = "none"    // a risk that has to be accepted for each run
)

// Backup is what is done before a migration.
type Backup struct {
	Method         BackupMethod `yaml:"method,omitempty" jsonschema:"enum=dump,enum=copy,enum=command,enum=none,default=dump"`
	Command        []string     `yaml:"command,omitempty" jsonschema_description:"With method command: makes the backup, as root on the canary."`
	RestoreCommand []string     `yaml:"restore_command,omitempty" jsonschema_description:"With method command: restores it, as root on the canary."`
	Directory      string       `yaml:"directory,omitempty" jsonschema:"default=/var/backups/kea-lockstep" jsonschema_description:"Where dumps lie on the servers."`
}

// Confirm is when a started server counts as serving.
type Confirm struct {
	Settle    time.Duration `yaml:"settle,omitempty" jsonschema:"default=2s" jsonschema_description:"How long it must run undisturbed."`
	DHCPProbe *DHCPProbe    `yaml:"dhcp_probe,omitempty" jsonschema_description:"Also ask it for an address."`
}

// DHCPProbe asks a server for an address as a relay would.
type DHCPProbe struct {
	Relay netip.Addr `yaml:"relay" jsonschema:"required" jsonschema_description:"An address of this machine that the servers see as a relay."`
}
