package live

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"kea-lockstep/dbcheck"
	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// mayDo says what the accounts lack that look, migrate, dump, prove and restore, where the triggers and routines belong to definers.
func (f *Fleet) mayDo(ctx context.Context, at fleet.Place, admin *dbcheck.DB, definers []string, seen *fleet.Database) error {
	owner, err := f.database(ctx, at, asOwner, toRead)
	if err != nil {
		return err
	}
	owns, err := owner.Privileges(ctx)
	if err != nil {
		return err
	}
	administers, err := admin.Privileges(ctx)
	if err != nil {
		return err
	}
	seen.Account = owns.Account + ", " + administers.Account
	lacks := owns.Lacks(dbcheck.ToMigrate)
	if at.Engine == kea.PostgreSQL || len(administers.Lacks(dbcheck.ToDump)) > 0 {
		lacks = append(lacks, owns.Lacks(dbcheck.ToDump)...)
	}
	if f.file.Backup.Method == fleet.BackupCopy {
		if !definedByOthers(definers, owns.Account) || at.Engine == kea.PostgreSQL { // who restores
			lacks = append(lacks, owns.Lacks(dbcheck.ToReadCopy)...)
		}
		if at.Engine != kea.PostgreSQL { // who makes it dumps the structure, too
			lacking(seen, administers.Account, administers.Lacks(dbcheck.ToDump))
		}
	}
	lacking(seen, owns.Account, lacks)
	if at.Engine != kea.PostgreSQL && definedByOthers(definers, owns.Account) {
		lacking(seen, administers.Account, append(administers.Lacks(dbcheck.ToRestore), mayDefine(administers, definers)...))
	}
	if lacks := administers.Lacks(dbcheck.ToLook); len(lacks) > 0 && !seen.Clients.Visible.OK() {
		seen.Clients.Visible.Saw += ": " + lacks[0].Statement
	}
	seen.Scratch = fleet.Affirm("%s may make scratch databases", administers.Account)
	if lacks := administers.Lacks(dbcheck.ToScratch); len(lacks) > 0 {
		what := lacks[0].Privilege
		if len(lacks) > 1 {
			what += " and more"
		}
		seen.Scratch = fleet.Deny("%s lacks %s: %s", administers.Account, what, together(lacks))
	}
	if err := f.getsIn(ctx, at, seen); err != nil {
		return err
	}
	if at.Engine != kea.PostgreSQL {
		return nil
	}
	if seen.Scratch.OK() {
		seen.Scratch = f.letIn(ctx, at, administers.Account)
	}
	return f.mayDump(ctx, at, seen)
}

// lacking adds what an account lacks, each thing once.
func lacking(seen *fleet.Database, account string, lacks []dbcheck.Lack) {
	for _, l := range lacks {
		one := fleet.Lack{What: fmt.Sprintf("%s lacks %s", account, l.Privilege), Statement: l.Statement}
		if !slices.Contains(seen.Lacks, one) {
			seen.Lacks = append(seen.Lacks, one)
		}
	}
}

// definedByOthers reports whether an account would restore what it did not define: then the administrator's account restores.
func definedByOthers(definers []string, account string) bool {
	return slices.ContainsFunc(definers, func(definer string) bool { return definer != account })
}

// mayDefine says what the account that restores lacks to give each definer back what is his.
func mayDefine(restores dbcheck.Privileges, definers []string) []dbcheck.Lack {
	if slices.ContainsFunc(definers, func(definer string) bool { return strings.HasPrefix(definer, "root@") && definer != restores.Account }) {
		return restores.Lacks(dbcheck.ToDefineForRoot)
	}
	if definedByOthers(definers, restores.Account) {
		return restores.Lacks(dbcheck.ToDefine)
	}
	return nil
}

// together gives the statements that mend what is lacking, in one line: grants on the same thing are one.
func together(lacks []dbcheck.Lack) string {
	var all []string
	on := map[string]int{} // by what follows the privilege, the statement that it is in
	for _, l := range lacks {
		lead := "GRANT " + l.Privilege
		rest, simple := strings.CutPrefix(l.Statement, lead+" ON ")
		i, known := on[rest]
		switch {
		case simple && known:
			all[i] = strings.TrimSuffix(all[i], " ON "+rest) + ", " + l.Privilege + " ON " + rest
		case simple:
			on[rest] = len(all)
			all = append(all, l.Statement)
		default:
			all = append(all, l.Statement)
		}
	}
	return strings.Join(all, "; ")
}

// letIn says whether a PostgreSQL server lets the account into scratch databases: pg_hba.conf has a word in it, and is asked
// before the server finds that there is no such database.
func (f *Fleet) letIn(ctx context.Context, at fleet.Place, account string) fleet.Verdict {
	dial, target, err := f.way(ctx, at, asAdmin)
	if err != nil {
		return fleet.Doubt("%v", err)
	}
	target.Name = dbcheck.ScratchPrefix + "0"
	db, err := dbcheck.Open(ctx, dial, target)
	switch {
	case err == nil:
		_ = db.Close() // nothing was asked of it
	case errors.Is(err, dbcheck.ErrAuth):
		return fleet.Deny("pg_hba.conf lets %s into %s only, and not into databases %s*: %v", account, at.Name, dbcheck.ScratchPrefix, err)
	case !errors.Is(err, dbcheck.ErrNoDatabase):
		return fleet.Doubt("%v", err)
	}
	return fleet.Affirm("%s may make scratch databases, and is let into them", account)
}

// mayDump says what a server's own programs lack: PostgreSQL's refuse to dump from a server that is newer.
func (f *Fleet) mayDump(ctx context.Context, at fleet.Place, seen *fleet.Database) error {
	s, err := f.server(at.Server)
	if err != nil {
		return err
	}
	out, err := f.run(ctx, s, call{action: "dumper", engine: at.Engine, timeout: 15 * time.Second})
	var said *scriptError
	if errors.As(err, &said) {
		return nil // it is not there, which the look at the server tells
	}
	if err != nil {
		return err
	}
	book, _ := s.playbook()
	has, of := majorIn(string(out)), majorIn(seen.Product)
	if has < of {
		seen.Lacks = append(seen.Lacks, fleet.Lack{
			What:      fmt.Sprintf("%s has %s, which cannot dump %s", at.Server, strings.TrimSpace(string(out)), seen.Product),
			Statement: strings.ReplaceAll(book.Dumpers, "%d", strconv.Itoa(of)) + " on " + at.Server,
		})
	}
	return nil
}

var firstNumber = regexp.MustCompile(`\d+`)

// majorIn gives the first number of a text: of "pg_dump (PostgreSQL) 17.6 (Debian 17.6-0+deb13u1)", 17.
func majorIn(text string) int {
	n, _ := strconv.Atoi(firstNumber.FindString(text)) // 0 where there is none
	return n
}
