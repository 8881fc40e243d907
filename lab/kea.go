//go:build lab

package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"time"
)

// controlSocket is where Debian's Kea 2.2.0, 2.6.3 and 3.0.3 allow the DHCPv4 daemon's control socket to be.
const controlSocket = "/run/kea/kea4-ctrl-socket"

// Answer is what a Kea daemon said to a command (Kea's manual, "Management API", "Control Channel").
type Answer struct {
	Result    int
	Text      string
	Arguments json.RawMessage
}

// Kea gives a command to the server's DHCPv4 daemon, over its control socket, and returns the answer. An error means that
// no daemon answered.
func (f *Fleet) Kea(ctx context.Context, server, command string) (Answer, error) {
	leader, err := f.Leader(server)
	if err != nil {
		return Answer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", fmt.Sprintf("/proc/%d/root%s", leader, controlSocket))
	if err != nil {
		return Answer{}, fmt.Errorf("asking Kea on %s: %w", server, err)
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	if err := json.NewEncoder(conn).Encode(map[string]string{"command": command}); err != nil {
		return Answer{}, fmt.Errorf("asking Kea on %s: %w", server, err)
	}
	var answer Answer
	if err := json.NewDecoder(conn).Decode(&answer); err != nil {
		return Answer{}, fmt.Errorf("asking Kea on %s: %w", server, err)
	}
	return answer, nil
}

// AwaitKea waits until the server's DHCPv4 daemon answers commands, which it does once it serves.
func (f *Fleet) AwaitKea(ctx context.Context, server string, limit time.Duration) error {
	var last error
	err := poll(ctx, limit, 50*time.Millisecond, "Kea on "+server, func() bool {
		_, last = f.Kea(ctx, server, "version-get")
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
