package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"kea-lockstep/internal/live"
)

// atDesk is somebody at a real terminal: what is typed there goes into desk, and what the terminal shows of it into echo.
func atDesk(t *testing.T) (p person, desk *os.File, shown, echo *screen) {
	t.Helper()
	desk, keyboard, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = desk.Close()
		_ = keyboard.Close()
	})
	shown, echo = &screen{}, &screen{}
	go func() { _, _ = io.Copy(echo, desk) }()
	return person{keyboard, shown}, desk, shown, echo
}

// prompted types once something is on the screen.
func prompted(t *testing.T, shown *screen, prompt string, do func()) {
	(&bench{t: t}).await(func() bool { return strings.Contains(shown.String(), prompt) })
	do()
}

func types(t *testing.T, desk *os.File, line string) {
	if _, err := desk.WriteString(line + "\n"); err != nil {
		t.Error(err)
	}
}

func TestASecretIsNotShown(t *testing.T) {
	p, desk, shown, echo := atDesk(t)
	go prompted(t, shown, "the password: ", func() { types(t, desk, "pw-Zq7") })
	password, err := p.Secret(t.Context(), "the password")
	if err != nil || password.Reveal() != "pw-Zq7" {
		t.Errorf("%v", err)
	}
	go prompted(t, shown, "[yes/no]", func() { types(t, desk, "yes") })
	if yes, err := p.Trust(t.Context(), live.HostKey{Server: "k1"}); err != nil || !yes { // and shows again what is typed
		t.Error(yes, err)
	}
	(&bench{t: t}).await(func() bool { return strings.Contains(echo.String(), "yes") })
	if strings.Contains(shown.String()+echo.String(), "Zq7") {
		t.Errorf("shown: %q, echo: %q", shown, echo)
	}
}

func TestAQuestionThatIsInterruptedLeavesTheTerminalAsItWas(t *testing.T) {
	p, _, shown, _ := atDesk(t)
	ctx, cancel := context.WithCancel(t.Context())
	go prompted(t, shown, "the password: ", cancel)
	if _, err := p.Secret(ctx, "the password"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	now, err := unix.IoctlGetTermios(int(p.keyboard.Fd()), unix.TCGETS)
	if err != nil || now.Lflag&unix.ECHO == 0 {
		t.Errorf("the terminal shows nothing any more: %v", err)
	}
}

func TestOnlyYesTrustsAHostKey(t *testing.T) {
	for typed, want := range map[string]bool{"yes": true, "y": false, "": false, "no": false, "yes please": false} {
		p, desk, shown, _ := atDesk(t)
		go prompted(t, shown, "[yes/no]", func() { types(t, desk, typed) })
		key := live.HostKey{Server: "k1", Host: "[192.0.2.11]:2222", Type: "ssh-ed25519", Fingerprint: "SHA256:abc", File: "/root/.ssh/known_hosts"}
		if yes, err := p.Trust(t.Context(), key); err != nil || yes != want {
			t.Errorf("%q: %v %v", typed, yes, err)
		}
		if !strings.Contains(shown.String(), "ssh-ed25519 SHA256:abc") || !strings.Contains(shown.String(), "/root/.ssh/known_hosts") {
			t.Errorf("shown: %s", shown)
		}
	}
}
