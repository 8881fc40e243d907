package cable

import (
	"errors"
	"math/rand/v2"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Cable joins two networks. Unlike what tc(8) does, it is the same on every kernel.
type Cable struct {
	delay time.Duration
	loss  float64
	rate  int
	cut   atomic.Bool
}

// Line says what a cable is like, each way.
type Line struct {
	Delay time.Duration
	Loss  float64 // of all frames, 0 to 1
	Rate  int     // bytes in a second; 0: as many as may be
}

// End is where a cable ends: in a network, as a device of that name.
type End struct {
	Network *Network
	Device  string
	Setup   [][]string // arguments of ip(8) once the device is there
}

// Addressed is an end with an address, like 10.9.0.1/24, on a device eth0.
func Addressed(n *Network, address string) End {
	return End{n, "eth0", [][]string{{"addr", "add", address, "dev", "eth0"}}}
}

// Lay lays a cable until the test ends.
func Lay(t testing.TB, l Line, one, other End) *Cable {
	t.Helper()
	c := &Cable{delay: l.Delay, loss: l.Loss, rate: l.Rate}
	a, b := one.tap(t), other.tap(t)
	go c.carry(a, b, 1)
	go c.carry(b, a, 2)
	return c
}

// Cut lets nothing pass any more, and neither end is told.
func (c *Cable) Cut() { c.cut.Store(true) }

// Mend lets everything pass again.
func (c *Cable) Mend() { c.cut.Store(false) }

// tap makes the device (tuntap of the kernel's documentation) and gives what passes through it.
func (e End) tap(t testing.TB) *os.File {
	t.Helper()
	var end *os.File
	if err := e.Network.Do(func() error {
		fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		end = os.NewFile(uintptr(fd), e.Device)
		r, err := unix.NewIfreq(e.Device)
		if err == nil {
			r.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
			err = unix.IoctlIfreq(fd, unix.TUNSETIFF, r)
		}
		return err
	}); err != nil {
		t.Fatalf("making an end of a cable: %v", err)
	}
	// The poller takes a device that is one already; this one was not when the file was made.
	fd, err := unix.FcntlInt(end.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		err = errors.Join(end.Close(), unix.SetNonblock(fd, true))
	}
	if err != nil {
		t.Fatal(err)
	}
	end = os.NewFile(uintptr(fd), e.Device)
	t.Cleanup(func() { _ = end.Close() })
	for _, args := range append(e.Setup, []string{"link", "set", e.Device, "up"}) {
		e.Network.IP(t, args...)
	}
	return end
}

// frame is one on its way.
type frame struct {
	due  time.Time
	data []byte
}

// carry brings frames from one end to the other until an end is gone.
func (c *Cable) carry(from, to *os.File, seed uint64) {
	way := make(chan frame, 4096)
	defer close(way)
	go func() {
		for f := range way {
			<-time.After(time.Until(f.due))
			_, _ = to.Write(f.data) // an end that is gone ends the other way's reading
		}
	}()
	luck := rand.New(rand.NewPCG(seed, 0))
	free := time.Now() // when the line is
	for {
		data := make([]byte, 2048)
		n, err := from.Read(data)
		if err != nil {
			return
		}
		if c.cut.Load() || luck.Float64() < c.loss {
			continue
		}
		if now := time.Now(); free.Before(now) {
			free = now
		}
		if c.rate > 0 {
			free = free.Add(time.Duration(n) * time.Second / time.Duration(c.rate))
		}
		select {
		case way <- frame{free.Add(c.delay), data[:n]}:
		default: // the queue is full
		}
	}
}
