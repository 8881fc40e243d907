package shell

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"kea-lockstep/sim/disk"
)

type alone struct{ disk *disk.Disk }

func (a alone) Disk() *disk.Disk { return a.disk }

func (a alone) Program(name string) (Program, string) {
	programs := map[string]Program{
		"cat": func(c *Call) int {
			_, err := io.Copy(c.Out(), c.In())
			return map[bool]int{true: 0, false: 1}[err == nil]
		},
		"lock": func(c *Call) int {
			if c.Files[9].File().Lock(c.Ctx, true, 10*time.Millisecond) {
				return 0
			}
			return 1
		},
	}
	return programs[name], "/usr/bin/" + name
}

func run(t *testing.T, script string) (out string, status int) {
	t.Helper()
	a := alone{disk.New()}
	if err := a.disk.Mkdir("/tmp", 0o777, true); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := To(&b)
	s := New(t.Context(), a, Options{PID: 7, Name: "sh", Args: []string{"one"}, Files: map[int]*Stream{0: From(strings.NewReader("")), 1: w, 2: w.Share()}})
	status = s.Run(script)
	return b.String(), status
}

// What dash prints and ends with for each of these.
func TestScripts(t *testing.T) {
	for name, c := range map[string]struct {
		script, out string
		status      int
	}{
		"a failure ends the script":         {"set -e\nfalse\necho on", "", 1},
		"a condition does not":              {"set -e\nif false; then :; fi\nfalse || echo a\n! true || echo b\nwhile false; do :; done\necho on", "a\nb\non\n", 0},
		"nor does the left of &&":           {"set -e\nfalse && echo no\necho on", "on\n", 0},
		"a function in a condition goes on": {"set -e\nf() { false; echo in; }\nf || :\necho on", "in\non\n", 0},
		"a function that fails ends it":     {"set -e\nf() { return 3; }\nf\necho on", "", 3},
		"a substitution's status":           {"set -e\nx=$(exit 4)\necho on", "", 4},
		"an unset variable":                 {"set -u\necho \"${x-none}\"\necho \"$x\"\necho on", "none\nsh: x: parameter not set\n", 2},
		"subshells keep to themselves":      {"x=1\n( x=2; exit 5 ) || echo $? $x", "5 1\n", 0},
		"words as they are and as they split": {`e= g='*' w='a b' b='x\y'; set -- 1 2; printf '[%s]' $e "$e" a$e$w"$w" "$g" $b "$b" '*' ~x "$1" $2 x"$@"y "${w}c" ${e:-d} "a\"b"; echo`,
			`[][aa][ba b][*][x\y][x\y][*][~x][1][2][x1][2y][a bc][d][a"b]` + "\n", 0},
		"pipes":                           {"echo a | cat | { read -r x; echo \"got $x\"; }", "got a\n", 0},
		"here-documents":                  {"x=y\ncat <<END\na $x\nEND\ncat <<'END'\na $x\nEND", "a y\na $x\n", 0},
		"descriptors beyond 2":            {"exec 6>/tmp/f\necho in >&6\nexec 6>&-\nexec 7</tmp/f\nread -r x <&7\necho $x\necho no >&6 || echo closed", "in\nsh: 6: bad file descriptor\nclosed\n", 0},
		"a lock goes with its descriptor": {"exec 9>>/tmp/l\nlock || echo no\n( exec 9>>/tmp/l\nlock || echo held )\nexec 9>&-\nexec 9>>/tmp/l\nlock && echo mine", "held\nmine\n", 0},
		"a trap at the end":               {"trap 'echo bye' EXIT\necho hi\nexit 3", "hi\nbye\n", 3},
		"quotes in an assignment":         {"x='it'\\''s'\n: \"${y:=1}\"\necho \"$x\" $y", "it's 1\n", 0},
		"case":                            {"case a.service/x in *.service/*) echo yes ;; *) echo no ;; esac", "yes\n", 0},
		"cutting":                         {"x=/a/b/c.d\necho ${x##*/} ${x%/*} ${x%%.*}", "c.d /a/b /a/b/c\n", 0},
		"read with fields":                {"echo '  a  b c  ' | { read -r x y; echo \"[$x][$y]\"; }", "[a][b c]\n", 0},
		"leaving loops":                   {"for i in 1 2 3; do for j in 1 2; do [ $i = 2 ] && continue 2; echo $i$j; done; done", "11\n12\n31\n32\n", 0},
		"until":                           {"n=0\nuntil [ $n -ge 3 ]; do n=$((n + 1)); done\necho $n", "3\n", 0},
		"arguments":                       {"set -- a 'b c'\nfor x; do echo \"$x\"; done\necho $#", "a\nb c\n2\n", 0},
		"file names":                      {"echo x >/tmp/a.sh\necho x >/tmp/b.sh\nfor f in /tmp/*.sh /no/*; do echo $f; done", "/tmp/a.sh\n/tmp/b.sh\n/no/*\n", 0},
		"no number":                       {"! [ x -lt 3 ] 2>/dev/null || echo no\n[ x -lt 3 ] || echo on", "sh: [: illegal number: x -lt 3\non\n", 0},
		"an unknown program":              {"frobnicate\necho $?", "sh: frobnicate: not found (the simulator has no such program)\n127\n", 0},
		"nothing in the background":       {"true &\necho on", "sh: the simulator runs nothing in the background\n", 2},
	} {
		t.Run(name, func(t *testing.T) {
			out, status := run(t, c.script)
			if out != c.out || status != c.status {
				t.Errorf("printed %q, status %d; not %q, %d", out, status, c.out, c.status)
			}
		})
	}
}

// "sh -s" takes no byte of what comes behind a command that reads it.
func TestFollowLeavesTheRest(t *testing.T) {
	var b bytes.Buffer
	read, write := Pipe()
	go func() {
		_, _ = io.WriteString(write.Writer(), "{\necho begin\n(\ncat\n)\necho end\n}\n")
		_, _ = io.WriteString(write.Writer(), "the input\n")
		write.Close()
	}()
	w := To(&b)
	s := New(t.Context(), alone{disk.New()}, Options{Name: "sh", Files: map[int]*Stream{0: read, 1: w, 2: w.Share()}})
	if status := s.Follow(); status != 0 || b.String() != "begin\nthe input\nend\n" {
		t.Errorf("printed %q, status %d", b.String(), status)
	}
}
