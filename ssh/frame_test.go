package ssh

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// However the stream is cut into pieces, the script's output comes out whole
// and at once, and noise stays noise.
func TestFrameTakesAnyPieces(t *testing.T) {
	const mark = "=kl-ab="
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[=kl\-ab beginend\n]{0,60}`)
		noise, out, after := text.Draw(t, "noise"), text.Draw(t, "out"), text.Draw(t, "after")
		if strings.Contains(noise, mark) || strings.Contains(out, mark) {
			t.Skip("the mark is unguessable")
		}
		var got bytes.Buffer
		begun, ended := 0, 0
		f := newFrame(mark, &got, func() { begun++ }, func() { ended++ })
		stream := noise + mark + " begin\n" + out + mark + " end done 7\n" + after
		for len(stream) > 0 {
			n := rapid.IntRange(1, len(stream)).Draw(t, "piece")
			f.Write([]byte(stream[:n]))
			stream = stream[n:]
		}
		if got.String() != out || begun != 1 || ended != 1 || f.kind != "done" || f.status != 7 || string(f.noise.bytes()) != noise {
			t.Fatalf("out %q, begun %d, ended %d, %s %d, noise %q", got.String(), begun, ended, f.kind, f.status, f.noise.bytes())
		}
	})
}

func TestFrameHoldsNothingBackThatIsNoMark(t *testing.T) {
	var got bytes.Buffer
	f := newFrame("=kl-ab=", &got, func() {}, func() {})
	f.Write([]byte("=kl-ab= begin\none"))
	if got.String() != "one" {
		t.Errorf("%q has come through, want \"one\"", got.String())
	}
}

func TestBoundedKeepsHeadAndTail(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(2, 40).Draw(t, "limit")
		b := newBounded(limit)
		var all []byte
		for _, p := range rapid.SliceOf(rapid.SliceOfN(rapid.Byte(), 0, 30)).Draw(t, "pieces") {
			b.Write(p)
			all = append(all, p...)
		}
		got, half := b.bytes(), limit/2
		if len(all) <= 2*half {
			if !bytes.Equal(got, all) || b.truncated() {
				t.Fatalf("%q came back as %q", all, got)
			}
			return
		}
		if !b.truncated() || !bytes.HasPrefix(got, all[:half]) || !bytes.HasSuffix(got, all[len(all)-half:]) || len(got) > 2*half+60 {
			t.Fatalf("%q of %d bytes", got, len(all))
		}
	})
}

func FuzzPrintable(f *testing.F) {
	for _, s := range []string{"plain", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07x", "\x9b31m", "a\rb\r\nc", "\xff\u202e\u200b", "\x1b", "\x1b[", "ü\t\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, r := range Printable(b) {
			if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || r == 0x202e || r == 0xfffd && !bytes.ContainsRune(b, 0xfffd) {
				t.Fatalf("%q became %q", b, Printable(b))
			}
		}
	})
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"\x1b[1;31mE:\x1b[0m no": "E: no", "\x1b]0;pwned\x07ok": "ok", "10%\r20%\r\n": "10%\n20%\n",
		"\xff\x00": `\xff\x00`, "a\u202eb": `a\u202eb`, "ü ok\t": "ü ok\t", "\u009b31m": `\u009b31m`,
	} {
		if got := Printable([]byte(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
