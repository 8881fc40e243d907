//go:build lab

package product

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"kea-lockstep/lab"
)

// Desk is a machine of its own for the tool: an address in the fleet's network behind a cable that can be pulled, while the
// servers go on to reach one another.
type Desk struct{ namespace, cable, bridge string }

// deskOctet is the last of the desk's address; the fleet leaves it free.
const deskOctet = 9

// NewDesk puts a desk into the fleet's network.
func NewDesk(ctx context.Context, f *lab.Fleet) (*Desk, error) {
	out, err := ip(ctx, "-oneline", "addr", "show", "to", f.Prober.String())
	fields := strings.Fields(out)
	if err != nil || len(fields) < 2 {
		return nil, fmt.Errorf("finding the fleet's network: %w", err)
	}
	d := &Desk{namespace: fields[1] + "-desk", cable: fields[1] + "-desk", bridge: fields[1]}
	at := f.Prober.As4()
	at[3] = deskOctet
	for _, args := range [][]string{
		{"netns", "add", d.namespace},
		{"link", "add", d.cable, "type", "veth", "peer", "name", "eth0", "netns", d.namespace},
		{"link", "set", d.cable, "master", d.bridge, "up"},
		{"-netns", d.namespace, "addr", "add", netip.AddrFrom4(at).String() + "/24", "dev", "eth0"},
		{"-netns", d.namespace, "link", "set", "lo", "up"},
		{"-netns", d.namespace, "link", "set", "eth0", "up"},
	} {
		if _, err := ip(ctx, args...); err != nil {
			return nil, errors.Join(err, d.Remove(context.WithoutCancel(ctx)))
		}
	}
	return d, nil
}

// Cut pulls the desk's cable.
func (d *Desk) Cut(ctx context.Context) error {
	_, err := ip(ctx, "link", "set", d.cable, "nomaster")
	return err
}

// Plug plugs it in again.
func (d *Desk) Plug(ctx context.Context) error {
	_, err := ip(ctx, "link", "set", d.cable, "master", d.bridge)
	return err
}

// Remove takes the desk away.
func (d *Desk) Remove(ctx context.Context) error {
	_, err := ip(ctx, "link", "del", d.cable)
	_, nsErr := ip(ctx, "netns", "del", d.namespace)
	return errors.Join(err, nsErr)
}

var probe = regexp.MustCompile(`(?m)^confirm:\n  dhcp_probe:.*\n`)

// At gives the tool a desk. DHCP is not probed from there: the servers know no relay at its address.
func (t Tool) At(d *Desk) (Tool, error) {
	text, err := os.ReadFile(t.Fleet)
	if err != nil {
		return t, fmt.Errorf("reading the fleet file: %w", err)
	}
	t.Fleet, t.desk = filepath.Join(filepath.Dir(t.Fleet), "desk.yaml"), d.namespace
	if err := os.WriteFile(t.Fleet, probe.ReplaceAll(text, nil), 0o600); err != nil {
		return t, fmt.Errorf("writing the fleet file: %w", err)
	}
	return t, nil
}

func ip(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "ip", args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return string(out), nil
}
