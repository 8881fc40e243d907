//go:build lab

package witness

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"kea-lockstep/lab"
)

// Process is a Kea process that the witness saw. One-shot invocations (-t, -T, -v, -V, -W) are none.
type Process struct {
	Host        string
	PID         int // on this machine
	Daemon      string
	Version     string // empty: a program of no package that the witness knows
	Command     string
	First, Last time.Time // when it was seen first and last
	ByPackage   bool      // dpkg ran on the host as it appeared: a package's script started it
	Ended       bool      // it was gone before the witness stopped
}

// daemons are the programs that are Kea processes.
var daemons = []string{"kea-dhcp4", "kea-dhcp6", "kea-dhcp-ddns", "kea-ctrl-agent", "kea-netconf"}

type processKey struct {
	pid     int
	started string // clock ticks since this machine's boot: a pid that is used again is another process
}

type fileKey struct {
	dev, inode   uint64
	size, change int64
}

// scanner finds Kea processes in /proc. It is used by one goroutine.
type scanner struct {
	fleet    *lab.Fleet
	programs map[string]lab.Program
	known    map[fileKey]lab.Program
	oneShots map[processKey]bool
	seen     map[processKey]*Process
	order    []*Process
	hosts    map[string]string // pid namespace -> host
	resolved time.Time
	spaces   map[int]string       // pid -> its pid namespace, for those that were there at the last look
	dpkg     map[string]time.Time // host -> when dpkg was last seen to run
}

func newScanner(fleet *lab.Fleet) (*scanner, error) {
	programs, err := lab.Base{Dir: fleet.Base}.Programs()
	if err != nil {
		return nil, fmt.Errorf("reading which program is which Kea: %w", err)
	}
	return &scanner{
		fleet: fleet, programs: programs, known: map[fileKey]lab.Program{},
		oneShots: map[processKey]bool{}, seen: map[processKey]*Process{}, dpkg: map[string]time.Time{},
	}, nil
}

// scan looks once. Hosts that were switched on since are found within a tenth of a second.
func (s *scanner) scan(now time.Time) {
	if now.Sub(s.resolved) > 100*time.Millisecond {
		s.resolve(now)
	}
	spaces := map[int]string{}
	known := len(s.order)
	for _, pid := range pids() {
		ns, was := s.spaces[pid]
		if !was {
			var err error
			if ns, err = os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", pid)); err != nil {
				continue
			}
		}
		spaces[pid] = ns
		if host, ours := s.hosts[ns]; ours {
			s.look(host, pid, now)
		}
	}
	s.spaces = spaces
	for _, p := range s.order[known:] {
		// The script ends as soon as systemd has started the daemon, which may be a look before the daemon is seen.
		p.ByPackage = now.Sub(s.dpkg[p.Host]) < 100*time.Millisecond
	}
}

func (s *scanner) resolve(now time.Time) {
	s.resolved, s.hosts = now, map[string]string{}
	for _, h := range s.fleet.Hosts() {
		leader, err := s.fleet.Leader(h.Name)
		if err != nil {
			continue
		}
		if ns, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", leader)); err == nil {
			s.hosts[ns] = h.Name
		}
	}
}

func pids() []int {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	var pids []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

func (s *scanner) look(host string, pid int, now time.Time) {
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		return
	}
	if filepath.Base(exe) == "dpkg" {
		s.dpkg[host] = now
	}
	if !isDaemon(exe) {
		return
	}
	key := processKey{pid, startTime(pid)}
	if s.oneShots[key] {
		return
	}
	if p := s.seen[key]; p != nil {
		p.Last = now
		return
	}
	command := commandLine(pid)
	if len(command) == 0 {
		return // it is ending
	}
	if isOneShot(command) {
		s.oneShots[key] = true
		return
	}
	program := s.identify(pid)
	p := &Process{
		Host: host, PID: pid, Daemon: program.Name, Version: program.Version, Command: strings.Join(command, " "),
		First: now, Last: now,
	}
	if p.Daemon == "" {
		p.Daemon = daemonName(exe)
	}
	s.seen[key] = p
	s.order = append(s.order, p)
}

// daemonName is the program's name as it was installed: dpkg renames what it replaces, the kernel marks what was removed.
func daemonName(exe string) string {
	name := filepath.Base(strings.TrimSuffix(exe, " (deleted)"))
	name = strings.TrimSuffix(name, ".dpkg-tmp")
	return strings.TrimSuffix(name, ".dpkg-new")
}

func isDaemon(exe string) bool { return slices.Contains(daemons, daemonName(exe)) }

// isOneShot tells an invocation that prints or tests something and ends from a daemon (Kea's manual, "kea-dhcp4").
func isOneShot(command []string) bool {
	for i := 1; i < len(command); i++ {
		switch arg := command[i]; {
		case arg == "-c" || arg == "-p" || arg == "-P":
			i++ // its value
		case len(arg) > 1 && arg[0] == '-' && strings.ContainsRune("tTvVWh", rune(arg[1])):
			return true
		}
	}
	return false
}

func commandLine(pid int) []string {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || len(data) == 0 {
		return nil
	}
	return strings.Split(strings.TrimRight(string(data), "\x00"), "\x00")
}

// startTime is field 22 of /proc/PID/stat (proc(5)); the name before it may hold blanks and parentheses.
func startTime(pid int) string {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	if len(fields) < 20 {
		return ""
	}
	return fields[19]
}

// identify tells which Kea the process runs by the content of the program that it was started from, wherever that is now.
func (s *scanner) identify(pid int) lab.Program {
	file, err := os.Open(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		return lab.Program{}
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return lab.Program{}
	}
	var key fileKey
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		key = fileKey{stat.Dev, stat.Ino, stat.Size, stat.Ctim.Nano()}
	}
	if program, ok := s.known[key]; ok {
		return program
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return lab.Program{}
	}
	program := s.programs[fmt.Sprintf("%x", sum.Sum(nil))]
	s.known[key] = program
	return program
}
