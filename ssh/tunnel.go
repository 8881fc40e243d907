package ssh

import (
	"io"
	"net"
	"sync"
)

// tunnel adds deadlines, which SSH channels lack, by way of a pipe in memory.
type tunnel struct {
	net.Conn // our end of the pipe
	channel  net.Conn
	once     sync.Once
}

func newTunnel(channel net.Conn) net.Conn {
	near, far := net.Pipe()
	t := &tunnel{Conn: near, channel: channel}
	go func() {
		_, _ = io.Copy(far, channel)
		_ = far.Close()
	}()
	go func() {
		_, _ = io.Copy(channel, far)
		_ = channel.Close()
	}()
	return t
}

func (t *tunnel) Close() error {
	t.once.Do(func() { _ = t.Conn.Close() })
	return nil
}

func (t *tunnel) LocalAddr() net.Addr  { return t.channel.LocalAddr() }
func (t *tunnel) RemoteAddr() net.Addr { return t.channel.RemoteAddr() }
