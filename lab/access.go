//go:build lab

package lab

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// Access is how Kea gets into the fleet's database: names and a password that are other than the lab's own, and whether the engine
// lets Kea's and the administrator's accounts in over TLS alone. Its zero value is what the base has, without TLS.
type Access struct {
	Database, User, Password string

	// TLS: MariaDB also wants a certificate of the lab's authority of both accounts. PostgreSQL does not, for Kea refuses to start with
	// one before 3.1.0. Everybody else, the witness among them, needs neither.
	TLS bool
}

func (a Access) withDefaults() Access {
	a.Database, a.User, a.Password = cmp.Or(a.Database, "kea"), cmp.Or(a.User, KeaUser), cmp.Or(a.Password, KeaPassword)
	return a
}

// written gives it as it stands in Kea's configuration: Kea puts it between apostrophes for PostgreSQL's client library.
func (a Access) written(e Engine) Access {
	for _, s := range []*string{&a.Database, &a.User, &a.Password} {
		if e == PostgreSQL {
			*s = conninfo.Replace(*s)
		}
		*s = text(*s)
	}
	return a
}

// conninfo writes a value as it stands between apostrophes for PostgreSQL's client library.
var conninfo = strings.NewReplacer(`\`, `\\`, `'`, `\'`)

// text writes a string in JSON, and so in YAML.
func text(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // of \u Kea knows little
	_ = e.Encode(s)        // a string can be written
	return strings.TrimSpace(b.String())
}

// quote makes any text one word of sh.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// admit waits for the databases of the base and gives the one the fleet's names, password and TLS. Where there are two, they keep theirs.
func (f *Fleet) admit(ctx context.Context) error {
	if f.Second != "" {
		if err := f.On(f.Second).awaitDatabase(ctx); err != nil {
			return err
		}
	}
	want := f.Access
	f.Access = Access{}.withDefaults()
	err := f.awaitDatabase(ctx)
	f.Access = want
	if err != nil || want == (Access{}).withDefaults() {
		return err
	}
	script := renameMySQL
	if f.Engine == PostgreSQL {
		script = renamePostgreSQL
	}
	engine := f.Engine.dialect()
	client, _, _ := strings.Cut(engine.client, " ")
	vars := fmt.Sprintf("database=%s user=%s password=%s client=%s dumper=%s\n", quote(want.Database), quote(want.User), quote(want.Password),
		quote(client), quote(engine.dumper))
	if _, err := f.Run(ctx, DatabaseHost, vars+script); err != nil {
		return fmt.Errorf("naming the database: %w", err)
	}
	if want.TLS {
		if err := f.secure(ctx); err != nil {
			return fmt.Errorf("securing the database: %w", err)
		}
	}
	return f.awaitDatabase(ctx)
}

// renameMySQL: a database has no new name there, only another into which it is read. What Kea's account defined it defines again.
const renameMySQL = `set -eu
identifier() { printf '%s' "$1" | sed 's/` + "`/``" + `/g'; }
literal() { printf '%s' "$1" | sed 's/\\/\\\\/g; s/'"'"'/\\'"'"'/g'; }
pattern() { identifier "$1" | sed 's/[_%]/\\&/g'; }
$client <<END
RENAME USER 'kea'@'%' TO '$(literal "$user")'@'%';
ALTER USER '$(literal "$user")'@'%' IDENTIFIED BY '$(literal "$password")';
END
[ "$database" != kea ] || exit 0
$client <<END
CREATE DATABASE \` + "`" + `$(identifier "$database")\` + "`" + ` CHARACTER SET utf8mb4;
GRANT ALL ON \` + "`" + `$(pattern "$database")\` + "`" + `.* TO '$(literal "$user")'@'%', 'kea_admin'@'%';
GRANT SELECT ON \` + "`" + `$(pattern "$database")\` + "`" + `.* TO 'witness'@'%';
END
$dumper --routines --triggers --events kea >/root/kea.sql
sed 's/DEFINER=` + "`kea`@`%`" + `//' /root/kea.sql | MYSQL_PWD=$password $client --user="$user" --database="$database"
$client <<END
DROP DATABASE kea;
END
rm /root/kea.sql`

const renamePostgreSQL = `set -eu
cd /
setpriv --reuid=postgres --regid=postgres --clear-groups psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 \
	--set=database="$database" --set=user="$user" --set=password="$password" postgres <<'END'
SELECT format('ALTER ROLE kea RENAME TO %I', :'user') WHERE :'user' <> 'kea' \gexec
ALTER ROLE :"user" PASSWORD :'password';
SELECT format('ALTER DATABASE kea RENAME TO %I', :'database') WHERE :'database' <> 'kea' \gexec
END`
