//go:build lab

package lab

import (
	"context"
	"fmt"
	"net"
	"strings"
)

// The names of a fleet's network devices follow from its index and the host's name, so that they can be found and removed
// with nothing but the fleet's state file. A device's name has at most 15 characters.
func bridge(index int) string             { return fmt.Sprintf("kl%d", index) }
func outerEnd(index int, h string) string { return fmt.Sprintf("kl%d-%s", index, h) }
func netns(index int, host string) string { return fmt.Sprintf("kl%d-%s", index, host) }

// bridgeThere reports whether somebody has the fleet network already, perhaps with another StateDir.
func bridgeThere(index int) bool {
	_, err := net.InterfaceByName(bridge(index))
	return err == nil
}

// makeNetwork makes the bridge, with the prober's and the witness's addresses on it, and for each host a network namespace
// that holds its address: a host keeps its address over a power cut, as it would keep its cable.
func makeNetwork(ctx context.Context, index int, hosts []Host) error {
	br := bridge(index)
	batch := []string{
		"link add " + br + " type bridge forward_delay 0 stp_state 0",
		fmt.Sprintf("addr add %s/24 dev %s", address(index, proberOctet), br),
		fmt.Sprintf("addr add %s/24 dev %s", address(index, witnessOctet), br),
		"link set " + br + " up",
	}
	for _, h := range hosts {
		ns, end := netns(index, h.Name), outerEnd(index, h.Name)
		if _, err := command(ctx, "ip", "netns", "add", ns); err != nil {
			return fmt.Errorf("making the network of %s: %w", h.Name, err)
		}
		batch = append(batch,
			fmt.Sprintf("link add %s type veth peer name eth0 netns %s", end, ns),
			fmt.Sprintf("link set %s master %s up", end, br))
	}
	if err := ipBatch(ctx, "", batch); err != nil {
		return fmt.Errorf("making the fleet's network: %w", err)
	}
	for _, h := range hosts {
		if err := ipBatch(ctx, netns(index, h.Name), []string{
			"link set lo up", fmt.Sprintf("addr add %s/24 dev eth0", h.Address), "link set eth0 up",
		}); err != nil {
			return fmt.Errorf("making the network of %s: %w", h.Name, err)
		}
	}
	return nil
}

// ipBatch gives several commands to one ip process, in a network namespace or in this one.
func ipBatch(ctx context.Context, ns string, lines []string) error {
	args := []string{"-c", "printf '%s' \"$1\" | ip $2 $3 -batch -", "sh", strings.Join(lines, "\n") + "\n", "", ""}
	if ns != "" {
		args[4], args[5] = "-netns", ns
	}
	_, err := command(ctx, "sh", args...)
	return err
}

// removeNetwork removes what makeNetwork made, as far as it is there.
func removeNetwork(ctx context.Context, index int, hosts []Host) {
	for _, h := range hosts {
		// The pair of devices lives until the last process in the namespace has gone; the outer end takes both with it now.
		_, _ = command(ctx, "ip", "link", "del", outerEnd(index, h.Name))
		_, _ = command(ctx, "ip", "netns", "del", netns(index, h.Name))
	}
	_, _ = command(ctx, "ip", "link", "del", bridge(index))
}

// CutNetwork pulls the host's cable: nothing leaves it and nothing reaches it, and neither end is told.
func (f *Fleet) CutNetwork(ctx context.Context, host string) error {
	_, err := command(ctx, "ip", "link", "set", outerEnd(f.Index, host), "nomaster")
	return err
}

// RestoreNetwork plugs the host's cable in again.
func (f *Fleet) RestoreNetwork(ctx context.Context, host string) error {
	_, err := command(ctx, "ip", "link", "set", outerEnd(f.Index, host), "master", bridge(f.Index))
	return err
}
