package live

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// plainWords are names and passwords over which no program was ever seen to stumble.
var plainWords = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.,:@+-]*$`)

// getsIn says what would keep the programs of a server out of a database where our own connections come in: they run when nobody can
// be asked any more. Where names, passwords and TLS are plain, and the server shows by itself who it is, nothing would.
func (f *Fleet) getsIn(ctx context.Context, at fleet.Place, seen *fleet.Database) error {
	in, err := f.placed(ctx, at)
	if err != nil {
		return err
	}
	if in.ref.Engine == kea.MySQL {
		for _, o := range tlsOptions(in) {
			if !wordy.MatchString(o[1]) {
				seen.Lacks = append(seen.Lacks, fleet.Lack{
					What: fmt.Sprintf("kea-admin on %s cannot be told --%s=%s: it splits its options at blanks and expands patterns in them",
						at.Server, o[0], o[1]),
					Statement: "name it in the Kea configuration by letters, digits and ./:,=+@!_-",
				})
			}
		}
	}
	for _, as := range []role{asOwner, asAdmin} {
		who, err := f.account(ctx, at, in.ref, as)
		if err != nil {
			return err
		}
		plain := in.ref.TLS == kea.TLS{} && (in.ref.Engine != kea.MySQL || showsItself(seen.Product)) && plainWords.MatchString(in.ref.Name) && plainWords.MatchString(who.user) &&
			plainWords.MatchString(who.password.Reveal())
		if plain || as == asAdmin && f.named(at, asAdmin) == f.named(at, asOwner) {
			continue
		}
		if err := f.entered(ctx, at, as, who.user, seen); err != nil {
			return err
		}
	}
	return nil
}

// entered lets a server's own client ask a question as an account, and says what kept it out.
func (f *Fleet) entered(ctx context.Context, at fleet.Place, as role, user string, seen *fleet.Database) error {
	s, err := f.server(at.Server)
	if err != nil {
		return err
	}
	params, secrets, err := f.spoken(ctx, at, as)
	if err != nil {
		return err
	}
	_, err = f.run(ctx, s, call{action: "enter", engine: at.Engine, params: params, secrets: secrets, timeout: 20 * time.Second})
	var said *scriptError
	if !errors.As(err, &said) {
		return err
	}
	if said.status == notThere {
		return nil // which the look at the server tells
	}
	lack := fleet.Lack{
		What:      fmt.Sprintf("%s's own client does not get into %s as %s: %s", at.Server, at, user, strings.Join(strings.Fields(said.said), " ")),
		Statement: mendsEntry(at.Server, said.said),
	}
	if !slices.Contains(seen.Lacks, lack) {
		seen.Lacks = append(seen.Lacks, lack)
	}
	return nil
}

// mendsEntry says what lets a server's own client in that said why it does not get in.
func mendsEntry(server, said string) string {
	if strings.Contains(said, "TLS/SSL error") && strings.Contains(said, "certificate") {
		return fmt.Sprintf("MariaDB's programs verify certificates since 11.4, and kea-admin by hand fails there, too: let the server have one of an authority, "+
			"and name that as trust-anchor in the Kea configuration; or have it unverified, as Kea does: "+
			`printf '[client]\nskip-ssl-verify-server-cert\n' >/etc/mysql/conf.d/unverified.cnf on %s`, server)
	}
	return fmt.Sprintf("make the database's client programs on %s, as root, get in with what the Kea configuration says", server)
}

// showsItself reports whether MariaDB's programs, which since 11.4 speak TLS and verify the server by themselves, can tell without an
// authority that a server is the one that knows the password: only a MariaDB of 11.4 or later shows that.
func showsItself(product string) bool {
	version, mariadb := strings.CutPrefix(product, "MariaDB ")
	var major, minor int
	_, err := fmt.Sscanf(version, "%d.%d", &major, &minor)
	return mariadb && err == nil && (major > 11 || major == 11 && minor >= 4)
}

// notThere is the status of a shell for a program that it does not find.
const notThere = 127
