//go:build lab

package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"time"
)

// controlSockets are where Debian's Kea 2.2.0, 2.6.3 and 3.0.3 allow a daemon's control socket to be.
var controlSockets = map[string]string{DHCPv4: "/run/kea/kea4-ctrl-socket", DHCPv6: "/run/kea/kea6-ctrl-socket"}

// The daemons that a server can have, by their programs' names.
const (
	DHCPv4 = "kea-dhcp4"
	DHCPv6 = "kea-dhcp6"
)

// Daemons are those that a server runs.
func (f *Fleet) Daemons(server string) []string {
	if server == f.DHCPv6 {
		return []string{DHCPv4, DHCPv6}
	}
	return []string{DHCPv4}
}

// installDHCPv6 brings the package as an administrator gets it, who has written the configuration before. It starts the daemon.
const installDHCPv6 = `DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends \
	-o Dpkg::Options::=--force-confold kea-dhcp6-server`

// addDHCPv6 gives the fleet's server for it the DHCPv6 daemon, and returns when that answers.
func (f *Fleet) addDHCPv6(ctx context.Context) error {
	if _, err := f.Run(ctx, f.DHCPv6, installDHCPv6); err != nil {
		return fmt.Errorf("installing %s: %w", DHCPv6, err)
	}
	return f.awaitDaemon(ctx, f.DHCPv6, DHCPv6, 60*time.Second)
}

// Answer is what a Kea daemon said to a command (Kea's manual, "Management API", "Control Channel").
type Answer struct {
	Result    int
	Text      string
	Arguments json.RawMessage
}

// Kea gives a command to the server's DHCPv4 daemon, over its control socket, and returns the answer. An error means that
// no daemon answered.
func (f *Fleet) Kea(ctx context.Context, server, command string) (Answer, error) {
	return f.Ask(ctx, server, DHCPv4, command)
}

// Ask is Kea for any of the server's daemons.
func (f *Fleet) Ask(ctx context.Context, server, daemon, command string) (Answer, error) {
	leader, err := f.Leader(server)
	if err != nil {
		return Answer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", fmt.Sprintf("/proc/%d/root%s", leader, controlSockets[daemon]))
	if err != nil {
		return Answer{}, fmt.Errorf("asking %s on %s: %w", daemon, server, err)
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	if err := json.NewEncoder(conn).Encode(map[string]string{"command": command}); err != nil {
		return Answer{}, fmt.Errorf("asking %s on %s: %w", daemon, server, err)
	}
	var answer Answer
	if err := json.NewDecoder(conn).Decode(&answer); err != nil {
		return Answer{}, fmt.Errorf("asking %s on %s: %w", daemon, server, err)
	}
	return answer, nil
}

// AwaitKea waits until the server's DHCPv4 daemon answers commands, which it does once it serves.
func (f *Fleet) AwaitKea(ctx context.Context, server string, limit time.Duration) error {
	return f.awaitDaemon(ctx, server, DHCPv4, limit)
}

func (f *Fleet) awaitDaemon(ctx context.Context, server, daemon string, limit time.Duration) error {
	var last error
	err := poll(ctx, limit, 50*time.Millisecond, daemon+" on "+server, func() bool {
		_, last = f.Ask(ctx, server, daemon, "version-get")
		return last == nil
	})
	if err != nil {
		return fmt.Errorf("%w: %w", err, last)
	}
	return nil
}

// AwaitSSH waits until the host's sshd accepts connections from this machine.
func (f *Fleet) AwaitSSH(ctx context.Context, host Host, limit time.Duration) error {
	dialer := net.Dialer{Timeout: time.Second}
	return poll(ctx, limit, 50*time.Millisecond, "sshd on "+host.Name, func() bool {
		conn, err := dialer.DialContext(ctx, "tcp", host.Address.String()+":22")
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
}
