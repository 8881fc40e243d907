//go:build lab

package product_test

import (
	"context"
	"time"

	"kea-lockstep/lab/witness"

	"kea-lockstep/lab"
)

// passes lets time pass in which a fault lasts.
func (s *struck) passes(d time.Duration) {
	select {
	case <-time.After(d):
	case <-s.Context().Done():
	}
}

// upon strikes once a script on a host says yes.
func upon(host, script string, strike func(*struck)) func(*struck) {
	looks := "for _ in $(seq 50); do if " + script + "; then echo yes; exit; fi; sleep 0.02; done"
	return func(s *struck) {
		ctx, done := s.drive.While(s.Context())
		defer done()
		for s.must(host, looks) == "" {
			if ctx.Err() != nil {
				s.Errorf("there was no %q on %s: %v", script, host, context.Cause(ctx))
				return
			}
		}
		strike(s)
	}
}

// unpacking strikes once a server's packages are being unpacked.
func unpacking(server string, strike func(*struck)) func(*struck) {
	return upon(server, "pgrep -x dpkg >/dev/null", strike)
}

// migrating strikes once the schema is on its way. The witness says when: any other session would be a stranger's to the migration.
func migrating(strike func(*struck)) func(*struck) {
	return func(s *struck) {
		ctx, done := s.drive.While(s.Context())
		defer done()
		old := witness.Expects(s.fleet.Engine, oldVersion(s.fleet))
		if err := s.witness.AwaitSchema(ctx, func(version string) bool { return version != old }); err != nil {
			s.Error(err)
			return
		}
		strike(s)
	}
}

// killsDriver ends the driver with SIGKILL.
func killsDriver(s *struck) { s.no(s.drive.Process().Kill()) }

// lasting does something, lets time pass in it, and undoes it.
func lasting(long time.Duration, do, undo func(ctx context.Context, s *struck) error) func(*struck) {
	return func(s *struck) {
		s.no(do(s.Context(), s))
		s.passes(long)
		s.no(undo(s.Context(), s))
	}
}

// cut pulls a host's cable for a while.
func cut(host string, long time.Duration) func(*struck) {
	return lasting(long,
		func(ctx context.Context, s *struck) error { return s.fleet.CutNetwork(ctx, host) },
		func(ctx context.Context, s *struck) error { return s.fleet.RestoreNetwork(ctx, host) })
}

// noSSH ends a server's sshd and every session of it, for a while. What the sessions ran goes on.
func noSSH(server string, long time.Duration) func(*struck) {
	return lasting(long,
		func(ctx context.Context, s *struck) error { return s.fleet.KillSSH(ctx, server) },
		func(ctx context.Context, s *struck) error { return s.fleet.StartSSH(ctx, server) })
}

// frozen stops everything on a host where it stands, for a while.
func frozen(host string, long time.Duration) func(*struck) {
	return lasting(long,
		func(ctx context.Context, s *struck) error { return s.fleet.Freeze(ctx, host) },
		func(ctx context.Context, s *struck) error { return s.fleet.Thaw(ctx, host) })
}

// restarted restarts the database.
func restarted(s *struck) { s.no(s.fleet.RestartDatabase(s.Context())) }

// rebooted restarts a server as its administrator does. On again, its Kea runs or does not.
func rebooted(server string, then after) func(*struck) {
	return func(s *struck) {
		s.no(s.fleet.Reboot(s.Context(), server))
		s.finds(server, then)
	}
}

// after is what a server's Kea does once the server is on again.
type after string

const (
	running after = "active"
	stopped after = "inactive"
	either  after = ""
)

// off cuts a server's power for a while. On again, its Kea runs or does not.
func off(server string, long time.Duration, then after) func(*struck) {
	return func(s *struck) {
		s.no(s.fleet.PowerCut(s.Context(), server))
		s.passes(long)
		s.on(server, then)
	}
}

// on switches a server on and looks whether its Kea came up.
func (s *struck) on(server string, then after) {
	s.Helper()
	if err := s.fleet.Boot(s.Context(), server); err != nil {
		s.Error(err)
		return
	}
	s.finds(server, then)
}

// finds wants a server's Kea to run or not, once everything of its boot is over.
func (s *struck) finds(server string, then after) {
	s.Helper()
	out, err := s.fleet.Run(s.Context(), server, "systemctl is-system-running --wait >/dev/null; "+s.fleet.Active(server, lab.DHCPv4)+"; true")
	s.no(err)
	if got := after(out[:max(len(out)-1, 0)]); then != either && got != then {
		s.Errorf("%s is on again and its Kea is %s, not %s", server, got, then)
	}
}

// watchdog keeps starting Kea's program on a server, past every unit and mask.
func watchdog(server string) func(*struck) {
	return func(s *struck) {
		s.must(server, `systemd-run --quiet --collect --unit=watchdog sh -c 'while :; do /usr/sbin/kea-dhcp4 -c /etc/kea/kea-dhcp4.conf >/dev/null 2>&1; sleep 1; done'`)
	}
}

// dismissed ends a watchdog. A Kea that it started ends with it.
func dismissed(server string) func(*struck) {
	return func(s *struck) { s.must(server, "systemctl stop watchdog.service") }
}
