//go:build lab

package product_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"kea-lockstep/lab"
	"kea-lockstep/lab/cable"
	"kea-lockstep/lab/labtest"
	"kea-lockstep/lab/product"
)

// TestSlowLink: with 300 ms there and back, and every twentieth packet lost each way, a survey and a check see what they see without,
// and no connection is given up. What that costs goes into docs/performance.md.
func TestSlowLink(t *testing.T) {
	f := labtest.Up(t, lab.Spec{Servers: 4})
	far := cable.NewNetwork(t)
	bridge := bridgeOf(t, f)
	at := f.Prober.As4()
	at[3] = 8
	cable.Lay(t, cable.Line{Delay: 150 * time.Millisecond, Loss: 0.05},
		cable.Addressed(far, fmt.Sprintf("%d.%d.%d.%d/24", at[0], at[1], at[2], at[3])),
		cable.End{Network: cable.Here(t), Device: bridge + "-far", Setup: [][]string{{"link", "set", bridge + "-far", "master", bridge}}})
	text, err := os.ReadFile(f.FleetFile())
	if err != nil {
		t.Fatal(err)
	}
	for _, servers := range []int{1, 4} {
		p := tool(t, f)
		// The first servers alone.
		short := regexp.MustCompile(fmt.Sprintf(`(?m)^  - name: k([%d-9])\n(    .*\n)*`, servers+1)).ReplaceAllString(string(text), "")
		p.Fleet = filepath.Join(f.Dir, fmt.Sprintf("far%d.yaml", servers))
		if err := os.WriteFile(p.Fleet, []byte(short), 0o600); err != nil {
			t.Fatal(err)
		}
		before := loginsTo(t, f, "k1")
		began := time.Now()
		var out product.Output
		if err := far.Do(func() (err error) {
			out, err = p.Run(t.Context(), "survey")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		t.Logf("a survey of %d servers: %v", servers, time.Since(began).Round(100*time.Millisecond))
		if n := loginsTo(t, f, "k1") - before; out.Code != 0 || n != 1 || out.Says("cannot be reached") {
			t.Errorf("%d logins to k1, want 1\n%s", n, out)
		}
		if near := run(t, p, 0, "survey"); words(near.Stdout) != words(out.Stdout) {
			t.Errorf("from near by it is\n%s\nand from afar\n%s", near.Stdout, out.Stdout)
		}
	}
}

// words leaves out of a survey what changes by itself: sessions.
func words(survey string) string {
	return regexp.MustCompile(`(?m)^ *session .*\n`).ReplaceAllString(survey, "")
}

// loginsTo is how often sshd of a host let somebody in.
func loginsTo(t *testing.T, f *lab.Fleet, host string) int {
	t.Helper()
	return strings.Count(labtest.Must(t, f, host, "journalctl --no-pager --unit=ssh.service --output=cat"), "Accepted publickey for ")
}

// bridgeOf is the device of the fleet's network.
func bridgeOf(t *testing.T, f *lab.Fleet) string {
	t.Helper()
	var name string
	if _, err := fmt.Sscanf(f.Prober.String(), "10.77.%s", &name); err != nil {
		t.Fatal(err)
	}
	return "kl" + strings.TrimSuffix(name, ".1")
}
