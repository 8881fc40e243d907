package ssh

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"sync"
	"time"
)

// proxyConn is a ProxyCommand's standard input and output as a connection.
type proxyConn struct {
	io.Reader
	io.WriteCloser
	cmd  *exec.Cmd
	once sync.Once
}

var errNoDeadline = errors.New("a ProxyCommand has no deadlines")

// runProxy starts a ProxyCommand (ssh_config(5)).
func runProxy(cmd *exec.Cmd) (net.Conn, error) {
	c := &proxyConn{cmd: cmd}
	var err error
	if c.WriteCloser, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if c.Reader, err = cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("ProxyCommand: %w", err)
	}
	return c, nil
}

// Close ends the command, by force: there is nothing of ours in it to save.
func (c *proxyConn) Close() error {
	c.once.Do(func() {
		_ = c.WriteCloser.Close()
		_ = c.cmd.Process.Kill()
		go func() { _ = c.cmd.Wait() }()
	})
	return nil
}

func (c *proxyConn) LocalAddr() net.Addr              { return &net.TCPAddr{IP: net.IPv4zero} }
func (c *proxyConn) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv4zero} }
func (c *proxyConn) SetDeadline(time.Time) error      { return errNoDeadline }
func (c *proxyConn) SetReadDeadline(time.Time) error  { return errNoDeadline }
func (c *proxyConn) SetWriteDeadline(time.Time) error { return errNoDeadline }
