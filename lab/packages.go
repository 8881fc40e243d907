//go:build lab

package lab

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// dpkgLock is the unit that holds dpkg's locks on a host.
const dpkgLock = "lab-dpkg-lock"

// holdLocks takes both of dpkg's locks as apt and dpkg take them (fcntl, struct flock of a 64-bit Linux), under the name that
// apt will give for who holds them.
const holdLocks = `exec perl -MFcntl -e '
	$0 = "unattended-upgr";
	for ("/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock") {
		open(my $file, "+>>", $_) or die "$_: $!\n";
		my $whole = pack("s s x4 q q l x4", F_WRLCK, 0, 0, 0, 0);
		fcntl($file, F_SETLK, $whole) or die "$_: $!\n";
		push @held, $file;
	}
	open(my $held, ">", "/run/` + dpkgLock + `/held") or die "$!\n";
	close $held;
	sleep %d'`

// LockPackages holds dpkg's locks on the host for that long, as an unattended upgrade does: apt and dpkg give up, or wait
// where they are told to. It fails where somebody else holds them.
func (f *Fleet) LockPackages(ctx context.Context, host string, limit time.Duration) error {
	if err := f.startUnit(ctx, host, dpkgLock, fmt.Sprintf(holdLocks, int(limit.Seconds()))); err != nil {
		return err
	}
	_, err := f.Run(ctx, host, `
until test -e /run/`+dpkgLock+`/held; do
	systemctl is-active --quiet `+dpkgLock+` || { journalctl --no-pager --lines=3 --unit=`+dpkgLock+`; exit 1; }
	sleep 0.02
done`)
	return err
}

// UnlockPackages lets dpkg's locks go before their time.
func (f *Fleet) UnlockPackages(ctx context.Context, host string) error {
	return f.stopUnit(ctx, host, dpkgLock)
}

// HoldPackages puts packages on hold, as an administrator does who wants no surprise: apt refuses to change them.
func (f *Fleet) HoldPackages(ctx context.Context, host string, packages ...string) error {
	_, err := f.Run(ctx, host, "apt-mark hold "+strings.Join(packages, " "))
	return err
}

// ReleasePackages takes the hold off again.
func (f *Fleet) ReleasePackages(ctx context.Context, host string, packages ...string) error {
	_, err := f.Run(ctx, host, "apt-mark unhold "+strings.Join(packages, " "))
	return err
}
