package host

import (
	"context"
	"fmt"
	"net"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"kea-lockstep/internal/world"
	"kea-lockstep/sim/database"
	"kea-lockstep/sim/disk"
	"kea-lockstep/sim/shell"
)

// Host is one server.
type Host struct {
	Name  string
	all   *world.World
	world world.Host
	base  *database.Server
	where string // the database's address
	disk  *disk.Disk
	fault func(step string) bool // whether a program is to fail, once

	ctx      context.Context
	programs map[string]shell.Program

	mu     sync.Mutex
	boot   context.Context // ends as the server goes down
	down   context.CancelFunc
	pids   int
	ports  int
	tasks  map[int]*task
	ends   map[int]end // connections to the database by local port
	timers map[string]bool
	ran    map[string]int // programs, and how often
}

// task is a process that is none of Kea's daemons.
type task struct {
	pid     int
	name    string
	command []string
	unit    string
	started time.Time
	kill    context.CancelFunc
}

// end is this server's end of a connection.
type end struct {
	peer string
	pid  int
	name string
}

// Options of a host.
type Options struct {
	World    *world.World
	Database *database.Server
	Config   string                 // of kea-dhcp4
	Fault    func(step string) bool // may be nil
}

// New makes a server that lives as long as ctx.
func New(ctx context.Context, name string, o Options) (*Host, error) {
	h := &Host{
		Name: name, all: o.World, world: o.World.Host(name), base: o.Database, where: o.World.Address() + ":3306", disk: disk.New(), fault: o.Fault, ctx: ctx,
		pids: 5000, ports: 50000, tasks: map[int]*task{}, ends: map[int]end{},
		timers: map[string]bool{"apt-daily.timer": true, "apt-daily-upgrade.timer": true}, ran: map[string]int{},
	}
	if h.fault == nil {
		h.fault = func(string) bool { return false }
	}
	h.boot, h.down = context.WithCancel(ctx)
	h.programs = h.table()
	go h.watch(h.world.BootID())
	return h, h.furnish(o.Config)
}

// watching is how often a server is seen to have gone down.
const watching = 100 * time.Millisecond

// watch ends whatever runs as the server goes down: the world says when.
func (h *Host) watch(boot string) {
	tick := time.NewTicker(watching)
	defer tick.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-tick.C:
		}
		now := h.world.BootID()
		if h.world.Away() {
			now = ""
		}
		if now == boot {
			continue
		}
		boot = now
		h.mu.Lock()
		h.down()
		h.boot, h.down = context.WithCancel(h.ctx)
		h.mu.Unlock()
	}
}

// Boot ends as the server goes down, or the network to it.
func (h *Host) Boot() context.Context {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.boot
}

// Disk is the server's files.
func (h *Host) Disk() *disk.Disk { return h.disk }

// Away reports whether the server cannot be reached.
func (h *Host) Away() bool { return h.world.Away() }

// Address is the server's own address in the simulated network.
func (h *Host) Address() string { return h.world.Address() }

// directories of programs, those of a daemon and of an administrator last.
var directories = []string{"/usr/bin", "/bin", "/usr/sbin", "/sbin"}

// Program finds a program.
func (h *Host) Program(name string) (shell.Program, string) {
	if strings.HasPrefix(name, "/proc/") && strings.HasSuffix(name, "/exe") {
		return h.dhcp4, name
	}
	dir, base := path.Split(name)
	if dir != "" && !slices.Contains(directories, path.Clean(dir)) {
		return nil, ""
	}
	where := "/usr/bin/" + base
	if strings.HasPrefix(base, "kea-") {
		where = "/usr/sbin/" + base
	}
	h.mu.Lock()
	h.ran[base]++
	h.mu.Unlock()
	return h.programs[base], where
}

// Ran is how often a program was looked for here, which is about to be run then.
func (h *Host) Ran(program string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ran[program]
}

func (h *Host) table() map[string]shell.Program {
	return map[string]shell.Program{
		"sh": h.sh, "flock": flock, "kill": h.kill, "sleep": sleep, "date": date, "id": id, "uname": h.uname,
		"systemctl": h.systemctl, "systemd-run": h.systemdRun, "journalctl": h.journalctl,
		"apt-get": h.aptGet, "apt-cache": h.aptCache, "apt-mark": aptMark, "dpkg": h.dpkg, "dpkg-deb": h.dpkgDeb, "unshare": h.unshare, "dpkg-query": h.dpkgQuery,
		"kea-dhcp4": h.dhcp4, "kea-admin": h.keaAdmin, "mariadb": h.mariadb, "mariadb-dump": h.mariadbDump, "kea-snapshot": h.snapshot,
		"ss": h.ss, "ip": h.ip, "getent": h.getent, "nsenter": nsenter,
		"awk": h.awk, "sed": h.sed, "grep": h.grep, "tr": tr, "cut": h.cut, "sort": sorted, "head": h.head, "tail": h.tail, "wc": wc,
		"cat": h.cat, "cp": h.cp, "mv": h.mv, "rm": h.rm, "mkdir": h.mkdir, "rmdir": h.rmdir, "ls": h.ls, "chmod": h.chmod, "chown": h.chown,
		"mktemp": h.mktemp, "stat": h.stat, "sync": h.sync, "find": h.find, "df": h.df, "sha256sum": h.sha256sum, "base64": h.base64,
		"gzip": gzipped,
	}
}

// start begins a process in a unit; done ends it.
func (h *Host) start(unit string, command []string) (t *task, ctx context.Context, done func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.pids++
	ctx, cancel := context.WithCancel(h.boot)
	t = &task{h.pids, path.Base(command[0]), command, unit, time.Now(), cancel}
	h.tasks[t.pid] = t
	return t, ctx, func() {
		cancel()
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.tasks, t.pid)
	}
}

// unitOf gives the unit that a process is in.
func (h *Host) unitOf(pid int) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t := h.tasks[pid]; t != nil {
		return t.unit
	}
	return ""
}

// sh runs a script that is a file.
func (h *Host) sh(c *shell.Call) int {
	if len(c.Args) < 2 || strings.HasPrefix(c.Args[1], "-") {
		return c.Unknown("this use of sh")
	}
	text, err := h.disk.Read(c.Path(c.Args[1]))
	if err != nil {
		return c.Fail(127, "%v", err)
	}
	inner := *c
	inner.Args = c.Args[1:]
	return shell.Script(h, &inner, string(text), c.Args[2:])
}

// Session runs commands as they come, as the shell of a login does. The context is the connection's.
func (h *Host) Session(ctx context.Context, in, out, errs *shell.Stream) int {
	h.mu.Lock()
	h.pids++
	pid := h.pids
	h.mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(h.Boot(), cancel)()
	return shell.New(ctx, h, shell.Options{
		PID: pid, Name: "sh", Env: map[string]string{"HOME": "/root", "PATH": strings.Join(directories, ":")},
		Files: map[int]*shell.Stream{0: in, 1: out, 2: errs},
	}).Follow()
}

// Dial opens a connection from this server: to the database, or to a socket of its own.
func (h *Host) Dial(network, address string) (net.Conn, error) {
	if network == "unix" {
		return h.control(address)
	}
	if address != h.where {
		return nil, fmt.Errorf("connect to %s: connection refused: in the simulated network there is %s alone", address, h.where)
	}
	near, far := net.Pipe()
	port, closed := h.connect(0, "sshd")
	go func() {
		defer closed()
		h.base.Serve(far, fmt.Sprintf("%s:%d", h.Address(), port))
	}()
	return near, nil
}

// connect notes a connection to the database that a process holds.
func (h *Host) connect(pid int, name string) (port int, closed func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ports++
	port = h.ports
	h.ends[port] = end{h.where, max(pid, 1), name}
	return port, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.ends, port)
	}
}
