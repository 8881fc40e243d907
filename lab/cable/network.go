package cable

import (
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Network is a network of its own (network_namespaces(7)). It has no name, and is gone with its last process and socket.
type Network struct{ fd int }

// NewNetwork makes one. Root alone may.
func NewNetwork(t testing.TB) *Network {
	t.Helper()
	n := &Network{}
	var err error
	onThread(func() {
		if err = unix.Unshare(unix.CLONE_NEWNET); err == nil {
			n.fd, err = unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		}
	})
	if err != nil {
		t.Fatalf("making a network: %v", err)
	}
	t.Cleanup(func() { _ = unix.Close(n.fd) })
	n.IP(t, "link", "set", "lo", "up")
	return n
}

// Here is the network of the test itself.
func Here(t testing.TB) *Network {
	t.Helper()
	fd, err := unix.Open("/proc/self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	return &Network{fd: fd}
}

// onThread runs f on a thread that ends with it.
func onThread(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		f()
	}()
	<-done
}

// Do runs f, whose processes, sockets and devices are in the network.
func (n *Network) Do(f func() error) error {
	var err error
	onThread(func() {
		if err = unix.Setns(n.fd, unix.CLONE_NEWNET); err == nil {
			err = f()
		}
	})
	return err
}

// IP runs ip(8) in the network.
func (n *Network) IP(t testing.TB, args ...string) {
	t.Helper()
	if err := n.Do(func() error {
		out, err := exec.Command("ip", args...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, out)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
