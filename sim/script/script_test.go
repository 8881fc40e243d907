package script

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"kea-lockstep/internal/cli"
	"kea-lockstep/internal/world"
	"kea-lockstep/sim/fleet"
)

var update = flag.Bool("update", false, "write what is compared with")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"kea-lockstep": func() {
			os.Exit(cli.Main(context.Background(), os.Args, cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
		},
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata", UpdateScripts: *update, RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_STATE_HOME", filepath.Join(e.WorkDir, "state"))
			e.Setenv("NO_COLOR", "1")
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"fleet": raise, "exits": exits, "happens": happens, "steady": steady, "stranger": stranger, "calm": calm, "interrupted": interrupted, "edits": edits, "asked": asked, "killed": killed,
		},
	})
}

// raise is "fleet SERVERS [STEP [TICK]]": a fleet in the script's directory, of which a step fails once ("" for none), and whose commands take
// so long each.
func raise(ts *testscript.TestScript, _ bool, args []string) {
	servers, err := strconv.Atoi(args[0])
	ts.Check(err)
	tick := 10 * time.Millisecond
	if len(args) > 2 {
		tick, err = time.ParseDuration(args[2])
		ts.Check(err)
	}
	spec := fleet.Spec{
		Servers: servers, Dir: ts.MkAbs("."), Settle: "50ms",
		Speed: world.Speed{Command: tick, Stop: tick, Start: tick, Install: 5 * tick, Dump: 2 * tick, Migrate: 10 * tick, Boot: tick, Admin: tick},
	}
	if len(args) > 1 {
		spec.Fail = args[1]
	}
	ctx, cancel := context.WithCancel(context.Background())
	ts.Defer(cancel)
	f, err := fleet.Raise(ctx, spec)
	ts.Check(err)
	kept.Store(ts.Getenv("WORK"), f)
}

// exits is "exits CODE ARGUMENT...": runs kea-lockstep, which must end with that code. What it prints is in stdout and stderr.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec("kea-lockstep", args[1:]...)
	got := 0
	if ended, ok := err.(interface{ ExitCode() int }); ok {
		got = ended.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if want := args[0]; strconv.Itoa(got) != want {
		ts.Fatalf("it ended with %d, not %s", got, want)
	}
}

// happens is "happens NAME [SERVER]": something happens to the fleet; servers are numbered from 1.
func happens(ts *testscript.TestScript, _ bool, args []string) {
	f := of(ts)
	server := 1
	if len(args) > 1 {
		server, _ = strconv.Atoi(args[1])
	}
	for _, d := range world.Disturbances() {
		if d.Name == args[0] {
			d.Do(f.World, server-1)
			return
		}
	}
	ts.Fatalf("nothing of that name can happen: %s", args[0])
}

// edits is "edits SERVER OLD NEW": a text in the configuration of a server, numbered from 1, is replaced wherever it stands.
func edits(ts *testscript.TestScript, _ bool, args []string) {
	server, err := strconv.Atoi(args[0])
	ts.Check(err)
	disk := of(ts).Hosts[server-1].Disk()
	text, err := disk.Read(config)
	ts.Check(err)
	if !strings.Contains(string(text), args[1]) {
		ts.Fatalf("there is no %q in\n%s", args[1], text)
	}
	ts.Check(disk.Write(config, strings.ReplaceAll(string(text), args[1], args[2]), 0o640))
}

const config = "/etc/kea/kea-dhcp4.conf"

// stranger lets somebody into the database who stays.
func stranger(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Defer(of(ts).World.Stranger(of(ts).World.DatabaseNames()[0]))
}

// moving is what differs from run to run.
var moving = []struct {
	is *regexp.Regexp
	as string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? UTC`), "TIME"},
	{regexp.MustCompile(`sha256:[0-9a-f]{12,}`), "sha256:HASH"},
	{regexp.MustCompile(`\d+ checks`), "N checks"},
	{regexp.MustCompile(`about [\d.]+ s (.*), [\d.]+ s to`), "about N s $1, N s to"},
}

// steady is "steady FILE": what was printed last, without what differs from run to run, goes into the file.
func steady(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile("stdout")
	var document any
	if json.Unmarshal([]byte(text), &document) == nil {
		without(document)
		short, err := json.MarshalIndent(document, "", "  ")
		ts.Check(err)
		text = string(short) + "\n"
	}
	for _, m := range moving {
		text = m.is.ReplaceAllString(text, m.as)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

// without takes out of a document what differs from run to run, and the scripts, which their own tests are about.
func without(document any) {
	switch d := document.(type) {
	case []any:
		for _, one := range d {
			without(one)
		}
	case map[string]any:
		for key, one := range d {
			if slices.Contains([]string{"made", "fleet", "checks", "hash", "commands"}, key) || strings.HasSuffix(key, "_s") {
				delete(d, key)
			}
			without(one)
		}
	}
}

// calm wants the world to have seen no bad moment.
func calm(ts *testscript.TestScript, _ bool, _ []string) {
	if bad := of(ts).World.Violations(); len(bad) > 0 {
		ts.Fatalf("bad moments: %s", fmt.Sprint(bad))
	}
}
