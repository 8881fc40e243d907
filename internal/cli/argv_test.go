package cli

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestFlagsMayStandAnywhere(t *testing.T) {
	flags := flagSet{"to": true, "f": true, "fleet": true, "yes": false, "v": false}
	for _, c := range []struct{ typed, want string }{
		{"upgrade --to 3.0.3 --yes", "upgrade --to=3.0.3 --yes"},
		{"--to 3.0.3 upgrade --yes", "upgrade --to=3.0.3 --yes"},
		{"--yes upgrade --to=3.0.3", "upgrade --yes --to=3.0.3"},
		{"-f a.yaml resume r1 -v", "resume -f=a.yaml -v -- r1"},
		{"resume r1 -f a.yaml", "resume -f=a.yaml -- r1"},
		{"init a b --fleet x.yaml c", "init --fleet=x.yaml -- a b c"},
		{"init -v -- -odd -f", "init -v -- -odd -f"},
		{"init -", "init -- -"},
		{"--to=a=b plan", "plan --to=a=b"},
		{"--to= plan", "plan --to="},
		{"-v", "-v"},
		{"-- -v plan", "-- -v plan"},
		{"", ""},
	} {
		got, err := normalise(append([]string{"prog"}, strings.Fields(c.typed)...), flags)
		want := append([]string{"kea-lockstep"}, strings.Fields(c.want)...)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: got %q, %v; want %q", c.typed, got, err, want)
		}
	}
}

func TestFlagsThatCannotBeReadAreUsage(t *testing.T) {
	flags := flagSet{"to": true, "yes": false}
	for _, typed := range []string{"plan --to", "plan --to --yes", "plan --ot 3", "-x plan", "plan -y"} {
		_, err := normalise(append([]string{"prog"}, strings.Fields(typed)...), flags)
		var coded exitError
		if !errors.As(err, &coded) || coded.code != codeUsage {
			t.Errorf("%q: got %v, want a usage error", typed, err)
		}
	}
}

// A flag before its command is read with no command known, so a name cannot
// take a value in one command and none in another.
func TestAFlagMeansTheSameInEveryCommand(t *testing.T) {
	commands := newApp(newProgram(Streams{})).Commands
	union := flagsOf(commands)
	for i, command := range commands {
		for name, takes := range flagsOf(commands[i : i+1]) {
			if union[name] != takes {
				t.Errorf("--%s takes a value in one command and none in %s, or the reverse", name, command.Name)
			}
		}
	}
}

func FuzzNormalise(f *testing.F) {
	f.Add("--to 3.0.3 upgrade -- --yes x")
	f.Add("-- -00")
	f.Add("--yes -- version")
	f.Fuzz(func(t *testing.T, typed string) {
		flags := flagSet{"to": true, "yes": false}
		once, err := normalise(append([]string{"p"}, strings.Fields(typed)...), flags)
		if err != nil {
			return
		}
		twice, err := normalise(once, flags)
		if err != nil || !slices.Equal(once, twice) {
			t.Errorf("%q: not settled: %q then %q, %v", typed, once, twice, err)
		}
	})
}
