package fleet

import (
	"cmp"
	"fmt"
	"strings"

	"kea-lockstep/internal/kea"
)

// DatabaseID is a database's identity: engine, the server software's own identifier and the database's name. It is the same
// from wherever the database is looked at.
type DatabaseID string

// Place is a database as one server's configuration names it. The password is not in it: whoever looks finds it anew.
type Place struct {
	Server string     `json:"server"`
	Engine kea.Engine `json:"engine"`
	Host   string     `json:"host"`
	Port   int        `json:"port"` // 0: the engine's default
	Name   string     `json:"name"`
	User   string     `json:"user"`
}

// PlaceOf is the place that a configuration on a server names.
func PlaceOf(server string, ref kea.DatabaseRef) Place {
	return Place{Server: server, Engine: ref.Engine, Host: ref.Host, Port: ref.Port, Name: ref.Name, User: ref.User}
}

// String gives the place as people write it, as seen from its server. PostgreSQL's port is always named: on one host a MySQL may have a
// database of the same name.
func (p Place) String() string {
	host, port := cmp.Or(p.Host, "localhost"), p.Port
	if port == 0 && p.Engine == kea.PostgreSQL && !strings.HasPrefix(host, "/") {
		port = p.Engine.DefaultPort()
	}
	if port != 0 {
		host = fmt.Sprintf("%s:%d", host, port)
	}
	return fmt.Sprintf("%s on %s", p.Name, host)
}

// Endpoint is one daemon's way to a database.
type Endpoint struct {
	Place   Place          `json:"place"`
	Daemon  kea.DaemonKind `json:"daemon"`
	Uses    []kea.Use      `json:"uses"`
	Account string         `json:"account"` // Database.Account from this place: accounts differ from server to server
	Scratch Verdict        `json:"scratch"` // Database.Scratch, likewise
}

// Database is one schema in one engine, as seen from one place, or from all places together once a survey has merged them.
// When Reach is not yes only the endpoints are known.
type Database struct {
	ID        DatabaseID       `json:"id"`
	Engine    kea.Engine       `json:"engine"`
	Product   string           `json:"product"` // "MariaDB 11.8.6"
	Name      string           `json:"name"`
	Endpoints []Endpoint       `json:"endpoints"`
	Reach     Verdict          `json:"reachable"`
	Primary   Verdict          `json:"primary"`           // writes can be made here; no: a replica, with what it said
	Same      Verdict          `json:"same"`              // all places lead to this one database: proved, where there are several
	Weak      bool             `json:"weak,omitempty"`    // this account is not told who the server is: ID is what it could find out
	Called    string           `json:"called,omitempty"`  // how a replica of its server names it, where ID does not say that
	Sources   []Source         `json:"sources,omitempty"` // of a replica
	Empty     bool             `json:"empty"`             // no schema_version: Kea would initialise it at its start
	Schema    kea.Schema       `json:"schema"`
	Structure Verdict          `json:"structure"`       // structure is what a database of that schema has; cannot tell: no reference for it
	More      []string         `json:"more,omitempty"`  // what is in it that is not Kea's: advice
	Known     []kea.Schema     `json:"known,omitempty"` // the schemas from that one up whose structure is known: a migration to them can be judged
	Clients   Clients          `json:"clients"`
	Account   string           `json:"account"`         // who migrates and who administers, as the database's server names them, from the first place
	Lacks     []Lack           `json:"lacks,omitempty"` // what an account that may have to migrate may not do and needs, from any place
	Scratch   Verdict          `json:"scratch"`         // an account may make scratch databases, from every place: a backup can be proved by restoring it
	Lockable  Verdict          `json:"lockable"`        // the engine grants advisory locks
	Zone      string           `json:"zone"`            // the offset from UTC now of the zone in which its sessions see times, "+0000"; empty: unknown
	Rows      map[string]int64 `json:"rows"`            // measured: rows of Kea's larger tables
	Bytes     int64            `json:"bytes"`           // measured: data and indexes
}

// Source is the server that a replica follows.
type Source struct {
	Address string `json:"address"`          // as the replica's settings have it
	Called  string `json:"called,omitempty"` // Database.Called there; empty where the replica does not tell
}

// Written is how many leases Kea wrote since a time: given out, renewed or declined. What was deleted since does not show in it.
type Written struct {
	Lease4 int64 `json:"lease4"`
	Lease6 int64 `json:"lease6"`
}

// Lack is a privilege, setting or program that is missing, with the statement or command that gives it.
type Lack struct {
	What      string `json:"what"`
	Statement string `json:"statement"`
}

// Clients is who holds sessions in a database and which schema it is at: one cheap look.
type Clients struct {
	Schema   kea.Schema `json:"schema"`
	Empty    bool       `json:"empty,omitempty"`
	Sessions []Session  `json:"sessions"`
	Visible  Verdict    `json:"visible"` // all sessions can be seen by the account that looks; else who could be missed
}

// Owner says whose a session is.
type Owner string

// The owners. A session is ours when its process is one that we started; a ghost's address and port belong to a fleet server on
// which no socket has them; a stranger's address is no fleet server's.
const (
	OwnerKea      Owner = "kea"      // a Kea daemon of a fleet server
	OwnerOurs     Owner = "ours"     // our own look, tunnel or job
	OwnerGhost    Owner = "ghost"    // no process on its server has that socket
	OwnerOther    Owner = "other"    // another process on a fleet server
	OwnerStranger Owner = "stranger" // from an address that is no fleet server's
	OwnerUnknown  Owner = "unknown"  // its server could not be asked
)

// Session is one client session in a database.
type Session struct {
	ID      string `json:"id"`
	User    string `json:"user"`
	Address string `json:"address"` // without port; empty for a local socket
	Port    int    `json:"port,omitempty"`
	Owner   Owner  `json:"owner"`
	Server  string `json:"server,omitempty"`  // the fleet server it comes from
	Process string `json:"process,omitempty"` // "kea-dhcp4[812]"
}

// String names the session for people.
func (s Session) String() string {
	who := s.User + "@" + cmp.Or(s.Address, "localhost")
	switch {
	case s.Process != "" && s.Server != "":
		return fmt.Sprintf("%s (%s on %s)", who, s.Process, s.Server)
	case s.Server != "":
		return fmt.Sprintf("%s (%s, %s)", who, s.Server, s.Owner)
	default:
		return who
	}
}

// MigrationState says how far a schema stands between two versions.
type MigrationState string

// The states of a migration. Everything that cannot be shown to be one of the others is torn.
const (
	Untouched MigrationState = "untouched" // version and structure as before
	CleanAt   MigrationState = "clean"     // whole at a version between
	Torn      MigrationState = "torn"      // half of a step is in it: only a restore mends it
	Migrated  MigrationState = "migrated"  // version and structure are the target's
)

// Migration is where a database stands between the schema before and the target's.
type Migration struct {
	State MigrationState `json:"state"`
	At    kea.Schema     `json:"at"`
	Saw   string         `json:"saw,omitempty"` // what is missing or in the way, by name
}
