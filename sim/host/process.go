package host

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"kea-lockstep/sim/shell"
)

// flock is "flock [-s] [-n] [-w SECONDS] DESCRIPTOR".
func flock(c *shell.Call) int {
	exclusive, wait := true, 365*24*time.Hour
	rest := c.Args[1:]
	for ; len(rest) > 1; rest = rest[1:] {
		switch rest[0] {
		case "-s":
			exclusive = false
		case "-n":
			wait = 0
		case "-w":
			seconds, err := strconv.Atoi(rest[1])
			if err != nil {
				return c.Unknown("the time " + rest[1])
			}
			wait = time.Duration(seconds) * time.Second
			rest = rest[1:]
		default:
			return c.Unknown("the option " + rest[0])
		}
	}
	if len(rest) != 1 {
		return c.Unknown("flock without a descriptor")
	}
	n, err := strconv.Atoi(rest[0])
	if err != nil || c.Files[n] == nil || c.Files[n].File() == nil {
		return c.Fail(65, "%s: bad file descriptor", rest[0])
	}
	if !c.Files[n].File().Lock(c.Ctx, exclusive, wait) {
		return 1
	}
	return 0
}

// kill is "kill -s SIGNAL PID...".
func (h *Host) kill(c *shell.Call) int {
	if len(c.Args) < 4 || c.Args[1] != "-s" {
		return c.Unknown("this use of kill")
	}
	status := 0
	for _, word := range c.Args[3:] {
		pid, _ := strconv.Atoi(word)
		h.mu.Lock()
		t := h.tasks[pid]
		h.mu.Unlock()
		switch {
		case t != nil:
			t.kill()
		case !h.world.Kill(pid):
			status = c.Fail(1, "(%s) - No such process", word)
		}
	}
	return status
}

func sleep(c *shell.Call) int {
	if len(c.Args) != 2 {
		return c.Unknown("this use of sleep")
	}
	seconds, err := strconv.ParseFloat(c.Args[1], 64)
	if err != nil {
		return c.Fail(1, "invalid time interval '%s'", c.Args[1])
	}
	select {
	case <-time.After(time.Duration(seconds * float64(time.Second))):
		return 0
	case <-c.Ctx.Done():
		return 143
	}
}

func date(c *shell.Call) int {
	now := time.Now()
	switch strings.Join(c.Args[1:], " ") {
	case "+%s.%N":
		fmt.Fprintf(c.Out(), "%d.%09d\n", now.Unix(), now.Nanosecond())
	case "+%z":
		fmt.Fprintln(c.Out(), "+0000")
	case "+%s":
		fmt.Fprintln(c.Out(), now.Unix())
	default:
		return c.Unknown("this use of date")
	}
	return 0
}

// id is "id -u": whoever logs in is root.
func id(c *shell.Call) int {
	if len(c.Args) != 2 || c.Args[1] != "-u" {
		return c.Unknown("this use of id")
	}
	fmt.Fprintln(c.Out(), 0)
	return 0
}

func (h *Host) uname(c *shell.Call) int {
	if len(c.Args) != 2 || c.Args[1] != "-n" {
		return c.Unknown("this use of uname")
	}
	fmt.Fprintln(c.Out(), h.Name)
	return 0
}
