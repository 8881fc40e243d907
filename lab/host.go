//go:build lab

package lab

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Host is one machine of a fleet: a server, or the database host.
type Host struct {
	Name    string
	Address netip.Addr
	Answers netip.Addr // where its Kea answers DHCP, if not there: a test that moves it says so
}

// At is where the host's Kea answers DHCP.
func (h Host) At() netip.Addr {
	if h.Answers.IsValid() {
		return h.Answers
	}
	return h.Address
}

func (f *Fleet) hostDir(host string) string { return filepath.Join(f.Dir, "hosts", host) }

// Root is the host's file system as seen from outside. It may be read at any time, and written to while the host is off.
func (f *Fleet) Root(host string) string { return filepath.Join(f.hostDir(host), "root") }

// Console is the path of what the host wrote on its console, over all its boots.
func (f *Fleet) Console(host string) string { return filepath.Join(f.hostDir(host), "console.log") }

// baseOf gives the file systems that a host is laid over.
func (f *Fleet) baseOf(host string) string {
	if host == DatabaseHost {
		return Base{Dir: cmp.Or(f.DBBase, f.Base)}.lower("db")
	}
	return Base{Dir: f.as(host).keaBase()}.lower("kea")
}

func (f *Fleet) keaBase() string { return cmp.Or(f.KeaBase, f.Base) }

// mountRoot lays the host's own layer over its base.
func (f *Fleet) mountRoot(host string) error {
	disk := f.disk(host)
	for _, dir := range []string{f.Root(host), disk} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	if err := f.mountDisk(host); err != nil {
		return err
	}
	upper, work := filepath.Join(disk, "upper"), filepath.Join(disk, "work")
	for _, dir := range []string{upper, work} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	options := fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s", f.baseOf(host), upper, work)
	if err := syscall.Mount("overlay", f.Root(host), "overlay", 0, options); err != nil {
		return fmt.Errorf("mounting the file system of %s: %w", host, err)
	}
	return nil
}

// writeIdentity gives the host what no two machines share: a name, a machine id, host keys; and lets the fleet's key in.
// It returns the host's line for known_hosts.
func (f *Fleet) writeIdentity(h Host, authorized string) (string, error) {
	root := f.Root(h.Name)
	id := make([]byte, 16)
	_, _ = rand.Read(id)
	for path, text := range map[string]string{
		"etc/hostname":              h.Name + "\n",
		"etc/hosts":                 fmt.Sprintf("127.0.0.1 localhost\n127.0.1.1 %s\n", h.Name),
		"etc/machine-id":            hex.EncodeToString(id) + "\n",
		"root/.ssh/authorized_keys": authorized,
	} {
		if err := os.WriteFile(filepath.Join(root, path), []byte(text), 0o600|os.FileMode(publicBits(path))); err != nil {
			return "", err
		}
	}
	key, err := makeKey(filepath.Join(root, "etc/ssh/ssh_host_ed25519_key"), "root@"+h.Name)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s,%s %s", h.Address, h.Name, key), nil
}

func publicBits(path string) int {
	if strings.HasPrefix(path, "etc/") {
		return 0o044
	}
	return 0
}

// Boot starts the host, and returns when its systemd answers; Ready waits for its services.
func (f *Fleet) Boot(ctx context.Context, host string) error {
	group, err := cgroupOf(f.Name, host)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(group, 0o755); err != nil {
		return fmt.Errorf("making the control group of %s: %w", host, err)
	}
	groups := group
	if f.CPU > 0 {
		dir, err := share(f.Name, host, f.CPU)
		if err != nil {
			return err
		}
		groups += " " + dir
	}
	console, err := os.OpenFile(f.Console(host), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer console.Close()
	// A host outlives who raised it, and must not hold what that inherited: the descriptor of a flock(1), say.
	if err := unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC); err != nil {
		return fmt.Errorf("starting %s: %w", host, err)
	}
	// The shell enters the groups, then becomes the container.
	cmd := exec.Command("sh", "-c", `for group in $0; do echo $$ >"$group/cgroup.procs" || exit; done && exec "$@"`, groups, "systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--boot",
		"--directory="+f.Root(host), "--machine="+f.machine(host), "--hostname="+host,
		"--network-namespace-path=/run/netns/"+netns(f.Index, host), "--capability=all", "--drop-capability=CAP_SYS_TIME",
		"--bind-ro="+filepath.Join(f.as(host).keaBase(), "apt")+":/srv/lab-apt",
		"--resolv-conf=off", "--timezone=off", "--link-journal=no")
	cmd.Env = append(os.Environ(), "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1")
	cmd.Stdout, cmd.Stderr = console, console
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", host, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	var died error
	err = poll(ctx, 60*time.Second, 20*time.Millisecond, "the boot of "+host+" (see "+f.Console(host)+")", func() bool {
		select {
		case died = <-ended:
			return true
		default:
		}
		_, err := f.Run(ctx, host, f.booted(host))
		return err == nil
	})
	if died != nil {
		return fmt.Errorf("%s did not boot (see %s): %w", host, f.Console(host), died)
	}
	return err
}

// Reboot restarts the host as its administrator does: everything on it is told to end. It returns when the new systemd answers.
func (f *Fleet) Reboot(ctx context.Context, host string) error {
	if _, err := f.Run(ctx, host, f.reboots(host)); err != nil {
		return err
	}
	// The container ends with the host, and leaves it to others to start it again.
	if err := poll(ctx, 100*time.Second, 20*time.Millisecond, "the shutdown of "+host, func() bool {
		_, err := f.Leader(host)
		return errors.As(err, new(ErrOff))
	}); err != nil {
		return err
	}
	if err := f.PowerCut(ctx, host); err != nil { // whatever of the container is left
		return err
	}
	return f.Boot(ctx, host)
}

func (f *Fleet) machine(host string) string { return f.Name + "-" + host }

// PowerCut ends the host as a power cut does: every process at once, none is told. What the host had written is kept, also
// what it had not yet synced: this machine's kernel holds it.
func (f *Fleet) PowerCut(ctx context.Context, host string) error {
	group, err := cgroupOf(f.Name, host)
	if err != nil {
		return err
	}
	if err := killCgroup(ctx, group); err != nil {
		return err
	}
	dir, _, err := cpuGroup(f.Name, host)
	if err == nil && dir != group {
		removeCgroup(dir)
	}
	return err
}

// ErrOff says that a host does not run.
type ErrOff struct{ Host string }

func (e ErrOff) Error() string { return e.Host + " is off" }

// Leader is the process id, on this machine, of the host's init. It is ErrOff where there is none.
func (f *Fleet) Leader(host string) (int, error) {
	group, err := cgroupOf(f.Name, host)
	if err != nil {
		return 0, err
	}
	data, err := os.ReadFile(filepath.Join(group, "payload", "init.scope", "cgroup.procs"))
	if errors.Is(err, fs.ErrNotExist) { // another init makes no groups
		data, err = os.ReadFile(filepath.Join(group, "payload", "cgroup.procs"))
	}
	if err != nil {
		return 0, ErrOff{host}
	}
	// systemd runs helpers in its scope: the first process is the init, as the oldest.
	fields := strings.Fields(string(data))
	for _, field := range fields {
		status, err := os.ReadFile("/proc/" + field + "/status")
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(status)) {
			if inner, ok := strings.CutPrefix(line, "NSpid:"); ok {
				if pids := strings.Fields(inner); len(pids) > 1 && pids[len(pids)-1] == "1" {
					return strconv.Atoi(field)
				}
			}
		}
	}
	return 0, ErrOff{host}
}

// Run runs a shell script as root on the host and returns what it printed, on both streams. It goes in through the
// namespaces, needs no sshd, no network and no cooperation, and is nothing that the product uses.
func (f *Fleet) Run(ctx context.Context, host, script string) (string, error) {
	leader, err := f.Leader(host)
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "nsenter", "--target", strconv.Itoa(leader), "--all", "sh", "-s")
	cmd.WaitDelay = time.Second // once the context has ended: the script itself may go on
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8"}
	cmd.Stdin = strings.NewReader(script)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("on %s: %w: %s", host, err, strings.TrimSpace(out.String()))
	}
	return out.String(), nil
}
