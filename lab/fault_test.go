//go:build lab

package lab_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kea-lockstep/lab"
	"kea-lockstep/lab/labtest"
)

// do ends the test where a fault cannot be made or ended.
func do(t *testing.T, fault func(context.Context, string) error, host string) {
	t.Helper()
	if err := fault(t.Context(), host); err != nil {
		t.Fatal(err)
	}
}

// until asks twenty times a second, for as long as the limit, and ends the test where the answer stays no.
func until(t *testing.T, limit time.Duration, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatalf("after %s: not %s", limit, what)
		case <-tick.C:
		}
	}
}

// greets reports whether the host's sshd says what it is, within half a second, and what kept it from that.
func greets(t *testing.T, h lab.Host) (bool, error) {
	t.Helper()
	dialer := net.Dialer{Timeout: 500 * time.Millisecond}
	conn, err := dialer.DialContext(t.Context(), "tcp", h.Address.String()+":22")
	if err != nil {
		return false, err
	}
	defer conn.Close()
	if err := conn.SetReadDeadline(time.Now().Add(500 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	return strings.HasPrefix(line, "SSH-2.0-"), err
}

// TestFaultsOfAHost sees each fault happen on k1, and end, and k2 never notice.
func TestFaultsOfAHost(t *testing.T) {
	f := labtest.Up(t, lab.Spec{Servers: 2})
	t.Run("frozen", func(t *testing.T) { frozen(t, f) })
	t.Run("without sshd", func(t *testing.T) { withoutSSH(t, f) })
	t.Run("rebooted", func(t *testing.T) { rebooted(t, f) })
	t.Run("dpkg's locks held", func(t *testing.T) { locked(t, f) })
	t.Run("packages on hold", func(t *testing.T) { onHold(t, f) })
	t.Run("started again and again", func(t *testing.T) { startedAgain(t, f) })
	t.Run("started by cron", func(t *testing.T) { startedByCron(t, f) })
	if err := f.AwaitKea(t.Context(), "k2", time.Second); err != nil {
		t.Error(err)
	}
}

func frozen(t *testing.T, f *lab.Fleet) {
	do(t, f.Freeze, "k1")
	if ok, err := greets(t, f.Servers[0]); ok || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a frozen host's sshd greets: %v, %v", ok, err)
	}
	if err := f.AwaitKea(t.Context(), "k1", 100*time.Millisecond); err == nil {
		t.Error("Kea answers on a frozen host")
	}
	do(t, f.Thaw, "k1")
	if ok, err := greets(t, f.Servers[0]); !ok {
		t.Errorf("a thawed host's sshd does not greet: %v", err)
	}
	if err := f.AwaitKea(t.Context(), "k1", 5*time.Second); err != nil {
		t.Error(err)
	}
	do(t, f.Freeze, "k1")
	do(t, f.PowerCut, "k1") // reaches a frozen host as well
	do(t, f.Boot, "k1")
	if err := f.AwaitKea(t.Context(), "k1", 90*time.Second); err != nil {
		t.Fatal(err)
	}
}

func withoutSSH(t *testing.T, f *lab.Fleet) {
	if err := f.AwaitSSH(t.Context(), f.Servers[0], 10*time.Second); err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", f.Servers[0].Address.String()+":22")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	session := bufio.NewReader(conn)
	if _, err := session.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	do(t, f.KillSSH, "k1")
	if err := conn.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := session.ReadByte(); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a session outlived its sshd: %v", err)
	}
	if ok, err := greets(t, f.Servers[0]); ok || err == nil {
		t.Error("an sshd that was killed greets")
	}
	if err := f.AwaitKea(t.Context(), "k1", time.Second); err != nil {
		t.Errorf("Kea has nothing to do with sshd: %v", err)
	}
	do(t, f.StartSSH, "k1")
	if ok, err := greets(t, f.Servers[0]); !ok {
		t.Error(err)
	}
}

func rebooted(t *testing.T, f *lab.Fleet) {
	before := labtest.Must(t, f, "k1", "echo here >/root/note; echo here >/run/note; "+bootID)
	do(t, f.Reboot, "k1")
	if err := f.AwaitKea(t.Context(), "k1", 90*time.Second); err != nil {
		t.Fatal(err)
	}
	after := labtest.Must(t, f, "k1", "cat /root/note; test ! -e /run/note; "+bootID)
	if !strings.HasPrefix(after, "here\n") || strings.Contains(after, strings.TrimSpace(before)) {
		t.Errorf("boot id %q before, %q after", before, after)
	}
	if log := labtest.Must(t, f, "k1", "journalctl --no-pager --boot=-1 --unit=kea-dhcp4-server"); !strings.Contains(log, "DHCP4_SHUTDOWN") {
		t.Error("Kea was not told of the reboot")
	}
	do(t, f.PowerCut, "k1") // and what was rebooted is one host still
	do(t, f.Boot, "k1")
	if err := f.AwaitKea(t.Context(), "k1", 90*time.Second); err != nil {
		t.Fatal(err)
	}
}

// reinstall changes a package, as far as that is allowed.
const reinstall = "DEBIAN_FRONTEND=noninteractive apt-get -q install -y --allow-downgrades --reinstall kea-common 2>&1"

func locked(t *testing.T, f *lab.Fleet) {
	lock := func(limit time.Duration) {
		t.Helper()
		if err := f.LockPackages(t.Context(), "k1", limit); err != nil {
			t.Fatal(err)
		}
	}
	lock(time.Minute)
	if err := f.LockPackages(t.Context(), "k1", time.Minute); err == nil {
		t.Error("the locks were taken twice")
	}
	out, err := f.Run(t.Context(), "k1", reinstall)
	if err == nil || !strings.Contains(out, "unattended-upgr") {
		t.Errorf("apt does not say who holds the lock: %v\n%s", err, out)
	}
	if out, err := f.Run(t.Context(), "k1", "dpkg --configure --pending 2>&1"); err == nil {
		t.Errorf("dpkg works on under another's lock: %s", out)
	}
	do(t, f.UnlockPackages, "k1")
	labtest.Must(t, f, "k1", reinstall)
	lock(time.Second)
	labtest.Must(t, f, "k1", strings.Replace(reinstall, "-q", "-q -o DPkg::Lock::Timeout=20", 1)) // waits for the end of its time
	do(t, f.UnlockPackages, "k1")
}

func onHold(t *testing.T, f *lab.Fleet) {
	const upgrade = `v=$(apt-cache madison kea-common | awk '/backports/ { print $3 }')
DEBIAN_FRONTEND=noninteractive apt-get -q install -y --download-only kea-common=$v kea-admin=$v kea-dhcp4-server=$v 2>&1`
	if err := f.HoldPackages(t.Context(), "k1", "kea-common", "kea-dhcp4-server"); err != nil {
		t.Fatal(err)
	}
	if out, err := f.Run(t.Context(), "k1", upgrade); err == nil || !strings.Contains(out, "Held packages") {
		t.Errorf("apt changes what is on hold: %v\n%s", err, out)
	}
	if err := f.ReleasePackages(t.Context(), "k1", "kea-common", "kea-dhcp4-server"); err != nil {
		t.Fatal(err)
	}
	labtest.Must(t, f, "k1", upgrade)
}

func startedAgain(t *testing.T, f *lab.Fleet) {
	do(t, f.KeepKeaStarted, "k1")
	labtest.Must(t, f, "k1", `systemctl mask --now kea-dhcp4-server || true # it may be started again before it is down
timeout 10 sh -c 'while [ "$(systemctl is-enabled kea-dhcp4-server)" = masked ]; do sleep 0.1; done'`)
	if err := f.AwaitKea(t.Context(), "k1", 10*time.Second); err != nil {
		t.Errorf("nobody unmasked and started Kea: %v", err)
	}
	do(t, f.LetKeaStop, "k1")
	labtest.Must(t, f, "k1", "systemctl mask --now kea-dhcp4-server")
	if err := f.AwaitKea(t.Context(), "k1", 2*time.Second); err == nil {
		t.Error("somebody still starts Kea")
	}
	labtest.Must(t, f, "k1", "systemctl unmask kea-dhcp4-server; systemctl start kea-dhcp4-server")
}

func startedByCron(t *testing.T, f *lab.Fleet) {
	labtest.Must(t, f, "k1", "systemctl mask --now kea-dhcp4-server")
	do(t, f.StartKeaByCron, "k1")
	if err := f.AwaitKea(t.Context(), "k1", 70*time.Second); err != nil {
		t.Errorf("cron did not start Kea past the mask: %v", err)
	}
	if got := labtest.Must(t, f, "k1", "systemctl is-enabled kea-dhcp4-server || true; cat /proc/$(pidof kea-dhcp4)/cgroup"); !strings.Contains(got, "masked") ||
		!strings.Contains(got, "cron.service") {
		t.Errorf("not by cron past the mask: %s", got)
	}
	do(t, f.RemoveCron, "k1")
	labtest.Must(t, f, "k1", "pkill kea-dhcp4; test ! -e /etc/cron.d/lab-kea; systemctl unmask kea-dhcp4-server; systemctl start kea-dhcp4-server")
	if err := f.AwaitKea(t.Context(), "k1", 10*time.Second); err != nil {
		t.Error(err)
	}
}

// A full disk stops dpkg halfway and a dump anywhere, with the error that a full disk gives.
func TestAFullDisk(t *testing.T) {
	f := labtest.Up(t, lab.Spec{Servers: 1, Disk: 512 << 20})
	free := func() (mb int) {
		t.Helper()
		if _, err := fmt.Sscan(labtest.Must(t, f, "k1", "df --output=avail --block-size=1M / | tail -n 1"), &mb); err != nil {
			t.Fatal(err)
		}
		return mb
	}
	labtest.Must(t, f, "k1", strings.Replace(reinstall, "-q", "-q --download-only", 1))
	before := free()
	if err := f.FillDisk("k1", 1<<20); err != nil {
		t.Fatal(err)
	}
	if mb := free(); mb > 1 {
		t.Errorf("%d MB are free, 1 was to be", mb)
	}
	const full = "No space left on device"
	for _, script := range []string{
		"mkdir -p /var/lib/kea-lockstep && head -c 2M /dev/zero >/var/lib/kea-lockstep/x",
		"mkdir -p /var/backups/kea-lockstep && head -c 2M /dev/zero >/var/backups/kea-lockstep/x",
		reinstall,
	} {
		if out, err := f.Run(t.Context(), "k1", script); err == nil || !strings.Contains(out, full) {
			t.Errorf("%s: %v\n%s", script, err, out)
		}
		labtest.Must(t, f, "k1", "rm -rf /var/lib/kea-lockstep /var/backups/kea-lockstep")
	}
	if err := f.FreeDisk("k1"); err != nil {
		t.Fatal(err)
	}
	if mb := free(); mb < before-20 { // its logs grew
		t.Errorf("%d MB are free, %d were before", mb, before)
	}
	labtest.Must(t, f, "k1", "dpkg --configure --pending 2>&1; "+reinstall)
	if err := f.FillDisk("db", 0); err != nil {
		t.Fatal(err)
	}
	if out, err := f.Run(t.Context(), "db", "echo x >/root/x"); err == nil {
		t.Errorf("the database host writes to a full disk: %s", out)
	}
	if err := f.Reset(t.Context()); err != nil { // even so
		t.Fatal(err)
	}
	labtest.Must(t, f, "db", "echo x >/root/x")
	if mounts, _ := filepath.Glob(filepath.Join(f.Dir, "hosts", "*", "disk", "filler")); mounts != nil {
		t.Errorf("a reset left %v", mounts)
	}
}

func TestADiskOfThisMachineIsNotFilled(t *testing.T) {
	f := lab.Fleet{Name: "none"}
	if err := f.FillDisk("k1", 0); !errors.Is(err, lab.ErrNoDisk) {
		t.Error(err)
	}
}
