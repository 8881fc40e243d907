//go:build lab

package lab

import (
	"context"
	"time"
)

// KillSSH kills the host's sshd with every session it serves: connections are reset, and new ones refused until StartSSH. What
// a session had started lives on as far as it is no child that notices.
func (f *Fleet) KillSSH(ctx context.Context, host string) error {
	// systemd would start a killed sshd again: it is told first, and what it leaves alive (KillMode=process) is killed after.
	_, err := f.Run(ctx, host, "systemctl stop ssh.service\npkill -KILL '^sshd' || true\n")
	return err
}

// StartSSH brings the host's sshd back, and returns when it takes connections.
func (f *Fleet) StartSSH(ctx context.Context, host string) error {
	if _, err := f.Run(ctx, host, "systemctl start ssh.service"); err != nil {
		return err
	}
	h, err := f.Host(host)
	if err != nil {
		return err
	}
	return f.AwaitSSH(ctx, h, 10*time.Second)
}
