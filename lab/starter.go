//go:build lab

package lab

import (
	"context"
	"fmt"
	"strings"
)

// Those who start Kea on a server while it has to be stopped: each goes past a stop, and one past a mask, too.

const keaCron = "/etc/cron.d/lab-kea"

// StartKeaByCron makes a cron job on the server that starts the DHCPv4 daemon by its program, past every unit and mask, at
// each full minute: a watchdog from before there was systemd. Where a daemon runs, the second ends by itself.
func (f *Fleet) StartKeaByCron(ctx context.Context, server string) error {
	_, err := f.Run(ctx, server, "printf '%s\\n' '* * * * * root /usr/sbin/kea-dhcp4 -c /"+keaConfig+" >/dev/null 2>&1' >"+keaCron)
	return err
}

// RemoveCron takes the cron job away. A daemon that it started stays.
func (f *Fleet) RemoveCron(ctx context.Context, server string) error {
	_, err := f.Run(ctx, server, "rm -f "+keaCron)
	return err
}

const unmasker = "lab-unmasker"

// KeepKeaStarted lets somebody on the server unmask and start the DHCPv4 daemon's unit, again and again, as a configuration
// management does that was not paused.
func (f *Fleet) KeepKeaStarted(ctx context.Context, server string) error {
	return f.startUnit(ctx, server, unmasker,
		"while :; do systemctl unmask kea-dhcp4-server; systemctl start kea-dhcp4-server; sleep 0.5; done")
}

// LetKeaStop ends what KeepKeaStarted began. The daemon stays as it is.
func (f *Fleet) LetKeaStop(ctx context.Context, server string) error {
	return f.stopUnit(ctx, server, unmasker)
}

// startUnit runs a shell script on the host under a unit of its own, which has the directory /run/NAME while it lives.
func (f *Fleet) startUnit(ctx context.Context, host, name, script string) error {
	quoted := "'" + strings.ReplaceAll(script, "'", `'\''`) + "'"
	_, err := f.Run(ctx, host, fmt.Sprintf("systemd-run --quiet --collect --unit=%s --property=RuntimeDirectory=%[1]s sh -c %s", name, quoted))
	return err
}

// stopUnit ends it. One that has ended is no error.
func (f *Fleet) stopUnit(ctx context.Context, host, name string) error {
	_, err := f.Run(ctx, host, fmt.Sprintf("! systemctl is-active --quiet %s || systemctl stop %[1]s", name))
	return err
}
