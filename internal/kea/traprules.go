package kea

import (
	"fmt"
	"strconv"
	"strings"
)

// trapRules are the rules, each of one fact. They are read from the code of
// kea-admin and its upgrade scripts at the tags of the releases.
var trapRules = []func(Jump) (Trap, bool){
	unknownFrom, unknownTarget, downgrade, oldTarget,
	skippedScript, tableNameBug, mariaDBExpiry,
	adminPort, adminName, ignoredErrors, stepWithoutTransaction, slowLeaseRewrite, extendedInfo, visiblePassword, backendHook, controlAgentGone,
}

func unknownFrom(j Jump) (Trap, bool) {
	_, known := Expected(j.From, MySQL)
	return Trap{
		Code: "unknown-version", Severity: Unknown,
		What: fmt.Sprintf("cannot tell which schema Kea %s expects", j.From),
		Why:  "it is not in the table of releases: a development build, a build of its own, or newer than this program",
		Next: "install a release of Kea, or a newer kea-lockstep",
	}, !known
}

func unknownTarget(j Jump) (Trap, bool) {
	_, known := Expected(j.To, MySQL)
	return Trap{
		Code: "unknown-target", Severity: Unknown,
		What: fmt.Sprintf("cannot tell which schema Kea %s expects", j.To),
		Why:  "it is not in the table of releases: no release of Kea, or newer than this program",
		Next: "choose a release of Kea, or install a newer kea-lockstep",
	}, !known
}

func downgrade(j Jump) (Trap, bool) {
	return Trap{
		Code: "downgrade", Severity: Refusal,
		What: fmt.Sprintf("Kea %s is older than Kea %s", j.To, j.From),
		Why:  "kea-admin has no way back to an older schema; the way back is a backup made before the upgrade",
		Next: "kea-lockstep rollback",
	}, !j.To.IsZero() && !j.From.IsZero() && j.To.Compare(j.From) < 0
}

// oldTarget: the holes between releases were searched for targets from 2.0.0 on.
func oldTarget(j Jump) (Trap, bool) {
	return Trap{
		Code: "old-target", Severity: Unknown,
		What: fmt.Sprintf("cannot tell whether an upgrade to Kea %s is safe", j.To),
		Why:  "the upgrade scripts of releases before 2.0.0 were never examined",
		Next: "choose Kea 2.0.0 or later",
	}, !j.To.IsZero() && !j.To.AtLeast(2, 0, 0)
}

// skippedScript: the scripts of the 2.7 series compare the whole version, and
// know 22.1 from 2.7.1 on and 22.2 from 2.7.7 on.
func skippedScript(j Jump) (Trap, bool) {
	start, ok := j.start()
	hole := ok && j.Engine != "" && (start == Schema{22, 2} && between(j.To, Version{Major: 2, Minor: 7}, Version{Major: 2, Minor: 7, Patch: 6}) ||
		start == Schema{22, 1} && j.To == Version{Major: 2, Minor: 7})
	return Trap{
		Code: "skipped-script", Severity: Refusal,
		What: fmt.Sprintf("kea-admin of Kea %s cannot upgrade a schema %s", j.To, start),
		Why:  "its first upgrade script skips that schema, and reports success with the schema untouched (fixed in 2.7.7)",
		Next: "choose Kea 2.7.7 or later, such as a 3.0 release",
	}, hole
}

// tableNameBug: scripts of 2.7.2 to 3.3.0 take "-N" for the name of the
// schema (#4580), and skip changes of the steps 8.1 to 8.2 and 9.6 to 10.0.
func tableNameBug(j Jump) (Trap, bool) {
	start, ok := j.start()
	bug := ok && j.Engine == MySQL && start.Compare(Schema{10, 0}) < 0 &&
		between(j.To, Version{Major: 2, Minor: 7, Patch: 2}, Version{Major: 3, Minor: 3})
	return Trap{
		Code: "two-jumps", Severity: Refusal,
		What: fmt.Sprintf("kea-admin of Kea %s does not fully upgrade a MySQL schema %s", j.To, start),
		Why:  "from 2.7.2 to 3.3.0 it leaves out changes of the steps before schema 10.0, and reports success (ISC #4580)",
		Next: "upgrade to Kea 2.6 first, then to " + j.To.String(),
	}, bug
}

// mariaDBExpiry: the step 18.0 to 19.0 before 2.6.0 resets the column expire
// on MariaDB 10.10 and later (ChangeLog 2235).
func mariaDBExpiry(j Jump) (Trap, bool) {
	affected, known := j.mariaDBAtLeast(10, 10)
	trap := Trap{
		Code: "lease-expiry", Severity: Refusal,
		What: fmt.Sprintf("kea-admin of Kea %s makes all IPv6 leases expire at once on MariaDB 10.10 and later", j.To),
		Why:  "its step from schema 18.0 to 19.0 resets the time of expiry (fixed in 2.6.0, ChangeLog 2235)",
		Next: "choose Kea 2.6.0 or later",
	}
	if !known {
		trap.Severity = Unknown
		trap.What = "cannot tell whether the database server is a MariaDB 10.10 or later, on which " + trap.What
	}
	return trap, j.Engine == MySQL && j.passes(19) && !j.To.AtLeast(2, 6, 0) && (affected || !known)
}

// adminName: before 2.7.2 kea-admin gives its MySQL scripts the name as an argument of its own (mysql_upgrade).
func adminName(j Jump) (Trap, bool) {
	return Trap{
		Code: "admin-name", Severity: Refusal,
		What: fmt.Sprintf("kea-admin of Kea %s takes the name of the database %s for an option", j.To, j.Name),
		Why:  "it begins with a dash, and stands alone among the arguments of the upgrade scripts (since 2.7.2 as --database=)",
		Next: "choose Kea 2.7.2 or later",
	}, j.Engine == MySQL && j.migrates() && strings.HasPrefix(j.Name, "-") && !j.To.AtLeast(2, 7, 2)
}

// adminPort: before 2.7.2 kea-admin asks for the version at the port of -P,
// and then upgrades what listens at the default port (#2882).
func adminPort(j Jump) (Trap, bool) {
	trap := Trap{
		Code: "admin-port", Severity: Warning,
		What: fmt.Sprintf("kea-admin of Kea %s upgrades the database at the default port, whatever -P says", j.To),
		Why:  fmt.Sprintf("the database listens at port %d, and before 2.7.2 the option does not reach the upgrade scripts (ISC #2882)", j.Port),
		Next: "nothing: kea-admin is given the port once more, with -x",
	}
	if j.Engine == PostgreSQL {
		trap.Next = "nothing: the port is put into the environment of kea-admin as PGPORT"
	} else {
		trap.AdminOptions = []string{"-x", "--port=" + strconv.Itoa(j.Port)}
	}
	return trap, j.migrates() && j.Port != 0 && j.Port != j.Engine.DefaultPort() && !j.To.AtLeast(2, 7, 2)
}

func ignoredErrors(j Jump) (Trap, bool) {
	return Trap{
		Code: "ignored-errors", Severity: Warning,
		What: fmt.Sprintf("kea-admin of Kea %s goes on after errors of PostgreSQL and reports success", j.To),
		Why:  "before 2.7.2 it runs psql without ON_ERROR_STOP (ISC #2882)",
		Next: "nothing: the version and the structure of the schema are the proof, never the exit status",
	}, j.Engine == PostgreSQL && j.migrates() && !j.To.AtLeast(2, 7, 2)
}

func stepWithoutTransaction(j Jump) (Trap, bool) {
	return Trap{
		Code: "step-without-transaction", Severity: Warning,
		What: "the step from schema 17.0 to 18.0 runs outside of a transaction",
		Why:  "the script has a COMMIT and no START TRANSACTION: interrupted, it leaves a schema that only a restore mends",
		Next: "check before that every address in lease6 and ipv6_reservations is valid; keep the backup",
	}, j.Engine == PostgreSQL && j.passes(18)
}

func slowLeaseRewrite(j Jump) (Trap, bool) {
	return Trap{
		Code: "slow-step", Severity: Warning,
		What: "the step from schema 18.0 to 19.0 rewrites the table lease6 several times",
		Why:  "it took 76 s for half a million IPv6 leases where it was measured, and an interruption loses IPv6 addresses",
		Next: "rehearse to learn how long it takes here; keep the backup",
	}, j.Engine == MySQL && j.passes(19)
}

func extendedInfo(j Jump) (Trap, bool) {
	emptied := j.Engine == MySQL && j.passes(20) || j.Engine == PostgreSQL && j.passes(19)
	return Trap{
		Code: "extended-info", Severity: Warning,
		What: "the upgrade empties lease6_relay_id and lease6_remote_id",
		Why:  "the tables of Bulk Leasequery changed after Kea 2.4 (ARM, hooks-lease-query)",
		Next: "if lease query is used, send extended-info6-upgrade afterwards, and extended-info4-upgrade when coming from 2.3.8 or earlier",
	}, emptied
}

// visiblePassword: kea-admin passes --password to mysql and to every script.
func visiblePassword(j Jump) (Trap, bool) {
	return Trap{
		Code: "visible-password", Severity: Warning,
		What: "while it migrates, kea-admin shows the database password in the process list of that server",
		Why:  "it gives the password to mysql and to its own scripts as an argument, in every release",
		Next: "let nobody else log in on that server meanwhile, or change the password afterwards",
	}, j.Engine == MySQL && j.migrates()
}

func backendHook(j Jump) (Trap, bool) {
	return Trap{
		Code: "database-hook", Severity: Note,
		What: fmt.Sprintf("Kea %s reaches %s only through %s", j.To, j.Engine.backendName(), j.Engine.hookLibrary()),
		Why:  "since 2.7.4 it is a hook library that the configuration has to load (ChangeLog 2289)",
		Next: "nothing: the library is added to the configuration with the upgrade",
	}, j.Engine != "" && j.crosses(2, 7, 4)
}

func controlAgentGone(j Jump) (Trap, bool) {
	return Trap{
		Code: "control-agent-gone", Severity: Warning,
		What: fmt.Sprintf("Kea %s has no kea-ctrl-agent", j.To),
		Why:  "it was removed in 3.1.8 (ChangeLog 2458)",
		Next: "give the daemons HTTP control sockets of their own (control-sockets), and point Stork and scripts at them",
	}, j.crosses(3, 1, 8)
}
