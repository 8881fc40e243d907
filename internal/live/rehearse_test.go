package live

import (
	"errors"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"kea-lockstep/dbcheck"
	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator"
)

func aRehearsal(t *testing.T) orchestrator.Rehearsal {
	t.Helper()
	id, err := orchestrator.NewRehearsal(time.Date(2026, 11, 22, 2, 3, 11, 0, time.UTC), rand.NewChaCha8([32]byte{}))
	if err != nil {
		t.Fatal(err)
	}
	return orchestrator.Rehearsal{ID: id}
}

// The name of a scratch database tells the rehearsal and the database, is one to both engines and to the scripts, and is told from
// those of runs and of other databases.
func TestNamesOfCopiesTellTheirRehearsal(t *testing.T) {
	const kept, other = fleet.DatabaseID("mysql:uid:x/kea"), fleet.DatabaseID("mysql:uid:x/kea2")
	r := aRehearsal(t)
	name := scratchOf(r, kept).name
	if !regexp.MustCompile(`^`+dbcheck.ScratchPrefix+`[a-z0-9_]+$`).MatchString(name) || len(name) > 63 {
		t.Errorf("%s is no name of a scratch database", name)
	}
	if small, ok := orchestrator.CopyOf(name, kept); !ok || small != strings.ToLower(string(r.ID)) {
		t.Errorf("%s is read as of %q, %t", name, small, ok)
	}
	for _, no := range []string{scratchOf(r, other).name, scratchName("20261122T020311Z-7q2d", orchestrator.DatabasePlan{ID: kept}), "kea", ""} {
		if _, ok := orchestrator.CopyOf(no, kept); ok {
			t.Errorf("%s is taken for a copy", no)
		}
	}
}

// What kea-admin would be let at must be the scratch database, and none that a configuration names.
func TestATrialIsApart(t *testing.T) {
	const kept = fleet.DatabaseID("mysql:uid:x/kea")
	name := scratchOf(aRehearsal(t), kept)
	answers := func(engine dbcheck.Engine, schema string) dbcheck.Identity {
		return dbcheck.Identity{Engine: engine, Server: "uid:x", Schema: schema}
	}
	named := map[fleet.DatabaseID]fleet.Place{kept: {Server: "k1", Engine: kea.MySQL, Host: "192.0.2.5", Name: "kea"}}
	scratchNamed := map[fleet.DatabaseID]fleet.Place{fleet.DatabaseID(answers(dbcheck.MySQL, name.name).String()): {Server: "k1"}}
	for _, c := range []struct {
		is    dbcheck.Identity
		name  scratchDatabase
		named map[fleet.DatabaseID]fleet.Place
		apart bool
	}{
		{answers(dbcheck.MySQL, name.name), name, named, true},
		{answers(dbcheck.PostgreSQL, name.name+".home"), name, named, true},
		{answers(dbcheck.MySQL, "kea"), name, named, false},
		{answers(dbcheck.MySQL, "kea"), scratchDatabase{"kea"}, named, false},
		{answers(dbcheck.MySQL, "other"), scratchDatabase{"other"}, named, false},
		{answers(dbcheck.MySQL, name.name+"x"), name, named, false},
		{answers(dbcheck.MySQL, name.name), name, scratchNamed, false},
		{answers(dbcheck.MySQL, name.name), name, nil, false},
	} {
		if err := isApart(c.is, c.name, c.named); (err == nil) != c.apart || err != nil && !errors.Is(err, orchestrator.ErrNotScratch) {
			t.Errorf("%s, named %v, for %s: %v", c.is, c.named, c.name.name, err)
		}
	}
}

func TestTestsBesideTheDaemonAreJudged(t *testing.T) {
	for _, c := range []struct {
		status int
		out    string
		want   fleet.Answer
		saw    string
	}{
		{0, "@tested\n", fleet.Yes, "passes"},
		{1, "@tested\nError encountered: no such keyword\n", fleet.No, "no such keyword"},
		{1, "@tested\n2026-11-22 02:03:16.123 ERROR [kea-dhcp4.hooks/7.1] FLEX_ID_LOAD_ERROR no identifier-expression\nError encountered: One or more hook libraries failed to load\n",
			fleet.No, "failed to load\nFLEX_ID_LOAD_ERROR no identifier-expression"},
		{1, "@tested\n2026-11-22 02:03:16.123 ERROR [kea-dhcp4.dhcp4/7.1] DHCP4_CONFIG_LOAD_FAIL reason: no such keyword\nError encountered: no such keyword\n",
			fleet.No, "no such keyword"},
		{1, "Failed to find executable\n", fleet.CannotTell, "Failed to find executable"},
		{226, "", fleet.CannotTell, "nothing was said"},
		{127, "@tested\nsh: exec: not found\n", fleet.CannotTell, "not found"},
		{1, "@tested\nError encountered: cannot open /srv/x: Read-only file system\n", fleet.CannotTell, "Read-only"},
		{0, "", fleet.CannotTell, "nothing was said"},
	} {
		if v := judged(c.status, c.out); v.Answer != c.want || !strings.Contains(v.Saw, c.saw) {
			t.Errorf("%d %q: %s", c.status, c.out, v)
		}
	}
}

func TestRoomsAreRead(t *testing.T) {
	found, err := parseSections([]byte("@rooms\nrehearsal-a\tyes\troot@desk process 7\nrehearsal-b\tno\t\n@end\n"))
	if err != nil {
		t.Fatal(err)
	}
	rooms := parseRooms(found)
	if len(rooms) != 2 || !rooms[0].Alive || rooms[0].Driver != "root@desk process 7" || rooms[1].Alive || rooms[1].ID != "rehearsal-b" {
		t.Errorf("%+v", rooms)
	}
}
