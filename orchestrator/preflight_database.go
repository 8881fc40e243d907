package orchestrator

import (
	"fmt"
	"slices"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

func (c checker) database(d fleet.Database) {
	at := func(code, next, format string, args ...any) Finding {
		return Finding{Code: code, Database: string(d.ID), Message: d.Name + ": " + fmt.Sprintf(format, args...), Next: next}
	}
	where := d.Endpoints[0].Place
	if !c.need(d.Reach, at("database", "check address, account and password in the Kea configuration of "+where.Server, "%s cannot be read from %s", where, where.Server)) ||
		!c.must(!d.Empty, at("empty", "check the database's name in the Kea configuration", "it has no Kea schema")) {
		return
	}
	if c.need(d.Primary, at("replica", "let the configuration name the primary", "nothing can be written there")) {
		c.one(d, at)
	}
	c.schema(d, at)
	if d.Structure.Answer == fleet.No {
		c.need(d.Structure, at("drift", "mend the schema before its upgrade: kea-admin's scripts assume it whole", "the structure is not what schema %s has", d.Schema))
	}
	if len(d.More) > 0 {
		c.warn(at("extra", "", "%s in it that Kea did not make; they stay as they are, and a restore takes them back to the dump", objects(d.More)))
	}
	for _, name := range d.Servers() {
		if s, known := c.facts.Server(name); known && s.Zone != "" && d.Zone != "" && s.Zone != d.Zone {
			c.warn(at("timezone", "set both to UTC once the upgrade is done", "its time zone is %s and that of %s is %s: Kea wants them equal", d.Zone, name, s.Zone))
		}
	}
	target, ok := kea.Expected(c.plan.Target, d.Engine)
	if ok && target == d.Schema {
		return // nothing is migrated here: the checks below are about that
	}
	// What became of a migration is read from the structure, and of a restore too.
	if c.must(!ok || slices.Contains(d.Known, target), at("no-reference", "choose another target, or migrate as ISC's article says",
		"what becomes of schema %s on the way to %s is not known here, so nobody could tell how far a migration got", d.Schema, target)) &&
		d.Structure.Answer == fleet.CannotTell {
		c.need(d.Structure, at("structure", "give an account under databases: admin: that may read all of the schema",
			"whether the structure is what schema %s has cannot be told", d.Schema))
	}
	for _, l := range d.Lacks {
		c.must(false, at("privilege", l.Statement, "%s", l.What))
	}
	kept := keptAt(d, c.canary[where.Server])
	for _, place := range kept {
		c.room(d, place.Server, at)
	}
	scratch := d.ScratchFrom(kept[0].Server)
	switch method := c.plan.Options.Backup; {
	case method == string(fleet.BackupCommand):
		c.commands(d, at)
	case method == string(fleet.BackupCopy):
		c.beside(d, scratch, at)
	case method != string(fleet.BackupDump): // no other method takes one
		c.must(c.accepted(NoBackup), at("no-backup", "set backup: method: dump in the fleet file, or --accept no-backup",
			"no backup is taken (backup: method: %s), so there is no way back from a torn migration", method))
	case !scratch.OK() && !c.accepted(UnprovedBackup):
		c.need(scratch, at("unproved-backup", "give an account under databases: admin: that may create databases, or --accept unproved-backup",
			"no account may make a scratch database, so the backup cannot be proved"))
	}
	c.sessions(d, at)
	if d.Lockable.Answer == fleet.No {
		c.warn(at("lock", "", "the engine grants no advisory locks, so only markers name the driver to others: %s", d.Lockable.Saw))
	}
}

// commands: the operator's own for backup and restore are on every server, for each may have to take the canary's place. Nobody else can
// restore what they keep, to prove it.
func (c checker) commands(d fleet.Database, at finding) {
	for _, name := range d.Servers() {
		s, _ := c.facts.Server(name)
		for _, program := range c.ownPrograms() {
			v, asked := s.Tools[program]
			if !asked {
				v = fleet.Doubt("nobody looked for it")
			}
			c.need(v, at("own-command", "put it on "+name+", or name another one under backup: in the fleet file",
				"%s, which backs up or restores, cannot be run on %s", program, name))
		}
	}
	if !c.accepted(UnprovedBackup) {
		c.warn(at("unproved-backup", "", "its backup is the operator's command's, which nobody can prove before the migration: --yes goes with it only where --accept %s does", UnprovedBackup))
	}
}

// beside: a copy can be made within the database's own server, and proved.
func (c checker) beside(d fleet.Database, scratch fleet.Verdict, at finding) {
	if !c.need(scratch, at("copy-scratch", "give an account under databases: admin: that may create databases, or set backup: method: dump",
		"no account may make a scratch database, so a copy cannot be made and proved")) {
		return
	}
	c.warn(at("copy", "", "its backup is a copy within its own server, and lost where that is: method: dump takes one that is not; it takes up to %d MB there, and how much is free cannot be seen from here",
		d.Bytes>>20+1))
}

// ownPrograms are those of the operator's commands.
func (c checker) ownPrograms() (all []string) {
	for _, words := range [][]string{c.plan.Options.Command, c.plan.Options.Restore} {
		if len(words) > 0 && !slices.Contains(all, words[0]) {
			all = append(all, words[0])
		}
	}
	return all
}

// objects counts and names the first of many.
func objects(all []string) string {
	if len(all) == 1 {
		return "1 object, " + all[0] + ", is"
	}
	return fmt.Sprintf("%d objects, among them %s, are", len(all), all[0])
}

// one: all places that name the database mean one. Copies of a machine say the same of themselves, and one of them would be
// migrated for all.
func (c checker) one(d fleet.Database, at finding) {
	if d.Same.Answer == fleet.CannotTell {
		c.need(d.Same, at("identity", "see to it, and try again", "whether all servers that name it mean one database cannot be told"))
		return
	}
	c.need(d.Same, at("identity", "give copies of a database server identities of their own, or put the servers of each into a fleet file of their own",
		"the servers that name it do not all mean one database"))
}

// room: a dump fits where it is kept. Compressed it takes less than half of what its tables and their indexes take.
func (c checker) room(d fleet.Database, server string, at finding) {
	s, _ := c.facts.Server(server)
	if len(s.Disk) == 0 || s.Disk[len(s.Disk)-1].Free < minFree {
		return // which is told of the server
	}
	backups, needs := s.Disk[len(s.Disk)-1], minFree+d.Bytes/2
	c.must(backups.Free >= needs, at("backup-room", "make room on "+backups.Path+" of "+server+", or set backup: directory: in the fleet file",
		"%d MB are free for its backup on %s; of a database of %d MB it may take %d MB", backups.Free>>20, server, d.Bytes>>20, needs>>20))
}

// elsewhere: a replica that another group reads follows a database that may be this group's, whose migration would reach it.
func (c checker) elsewhere(d fleet.Database) {
	where := d.Endpoints[0].Place
	c.need(d.Primary, Finding{Code: "replica", Database: string(d.ID), Next: "let the configuration name the primary, whose group this is then",
		Message: fmt.Sprintf("%s: %s on %s, outside of this group, reads what may be a replica of this group's database", d.Name, d.Endpoints[0].Daemon, where.Server)})
}

// schema: today's is what every Kea that uses it expects, and the target's release is known and can be reached.
func (c checker) schema(d fleet.Database, at finding) {
	target, known := kea.Expected(c.plan.Target, d.Engine)
	if !c.must(known, at("unknown-release", "use a newer kea-lockstep", "which schema Kea %s expects is not known", c.plan.Target)) {
		return
	}
	c.must(d.Schema.Compare(target) <= 0, at("newer-schema", "choose a target that expects it", "it is at schema %s, Kea %s expects %s", d.Schema, c.plan.Target, target))
	for _, name := range d.Servers() {
		s, _ := c.facts.Server(name)
		expects, ok := kea.Expected(s.Software.Kea, d.Engine)
		c.must(ok && expects == d.Schema, at("mismatch", "kea-lockstep check", "it is at schema %s, but Kea %s on %s expects %s", d.Schema, s.Software.Kea, name, expects))
		if have, ok := s.Software.Scripts[d.Engine]; ok {
			c.must(have == expects, at("scripts", "make Kea and kea-admin of one version on "+name, "Kea %s on %s expects %s, but its kea-admin leads to %s", s.Software.Kea, name, expects, have))
		}
	}
	where := d.Endpoints[0].Place
	jump := kea.Jump{From: c.before(d), To: c.plan.Target, Engine: d.Engine, Schema: d.Schema, Port: where.Port, Name: where.Name, Server: d.Product}
	for _, t := range jump.Traps() {
		f := at("trap-"+t.Code, t.Next, "%s: %s", t.What, t.Why)
		switch {
		case t.Blocks():
			c.must(false, f)
		case t.Severity == kea.Warning:
			c.warn(f)
		}
	}
}

// before is the oldest Kea that uses the database.
func (c checker) before(d fleet.Database) kea.Version {
	var oldest kea.Version
	for _, name := range d.Servers() {
		s, _ := c.facts.Server(name)
		if v := s.Software.Kea; oldest == (kea.Version{}) || v.Compare(oldest) < 0 {
			oldest = v
		}
	}
	return oldest
}

// sessions: every client of the database is a Kea of this fleet, ours or allowed, and all of them can be seen.
func (c checker) sessions(d fleet.Database, at finding) {
	if !c.accepted(UnprovableSessions) {
		c.need(d.Clients.Visible, at("unprovable-sessions", "let the account see them, or give one under databases: admin: that does, or --accept unprovable-sessions",
			"the sessions of others cannot be seen, so a Kea that nobody listed would not be noticed"))
	}
	for _, s := range d.Clients.Sessions {
		switch {
		case s.Owner == fleet.OwnerKea, s.Owner == fleet.OwnerOurs, s.Owner == fleet.OwnerGhost:
			c.plan.Checks++
		case allowed(c.plan.Options.Allow, s):
			if !c.accepted(AllowedWriters) {
				c.warn(at("allowed", "", "%s stays connected; what it writes after the dump is not in the backup", s))
			}
		default:
			c.must(false, at("stranger", "if it is a Kea, add its server to the fleet file; if it may stay connected, list it under sessions: allow:",
				"session %s of %s belongs to no server of the fleet", s.ID, s))
		}
	}
}
