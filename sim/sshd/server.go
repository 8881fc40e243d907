package sshd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"

	"golang.org/x/crypto/ssh"

	"kea-lockstep/sim/shell"
)

// Machine is what the server stands before.
type Machine interface {
	// Session runs a shell that reads commands from in, and gives its status.
	Session(ctx context.Context, in, out, errs *shell.Stream) int
	// Dial opens a connection as the machine itself ("tcp" or "unix").
	Dial(network, address string) (net.Conn, error)
	// Away reports whether nobody can reach the machine; Boot ends as it goes down.
	Away() bool
	Boot() context.Context
}

// Server is a running SSH server.
type Server struct {
	machine  Machine
	config   *ssh.ServerConfig
	listener net.Listener
	ctx      context.Context
}

// Start listens on a free port of loopback, until ctx ends. Root may log in with the key.
func Start(ctx context.Context, m Machine, host ssh.Signer, login ssh.PublicKey) (*Server, error) {
	config := &ssh.ServerConfig{
		PublicKeyCallback: func(c ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if c.User() == "root" && bytes.Equal(key.Marshal(), login.Marshal()) {
				return &ssh.Permissions{}, nil
			}
			return nil, errors.New("this key may not log in")
		},
	}
	config.AddHostKey(host)
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting an SSH server: %w", err)
	}
	s := &Server{m, config, listener, ctx}
	context.AfterFunc(ctx, func() { _ = listener.Close() })
	go s.accept()
	return s, nil
}

// Port is where the server listens.
func (s *Server) Port() int {
	if at, ok := s.listener.Addr().(*net.TCPAddr); ok {
		return at.Port
	}
	return 0
}

func (s *Server) accept() {
	for {
		raw, err := s.listener.Accept()
		if err != nil {
			return
		}
		go s.serve(raw)
	}
}

func (s *Server) serve(raw net.Conn) {
	defer raw.Close()
	if s.machine.Away() {
		return
	}
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	defer context.AfterFunc(s.machine.Boot(), cancel)()
	context.AfterFunc(ctx, func() { _ = raw.Close() })
	conn, channels, requests, err := ssh.NewServerConn(raw, s.config)
	if err != nil {
		return
	}
	defer conn.Close()
	go func() {
		for r := range requests {
			_ = r.Reply(false, nil) // as sshd answers a keepalive
		}
	}()
	for channel := range channels {
		go s.open(ctx, channel)
	}
}

func (s *Server) open(ctx context.Context, request ssh.NewChannel) {
	switch request.ChannelType() {
	case "session":
		s.session(ctx, request)
	case "direct-tcpip":
		var m struct {
			Host       string
			Port       uint32
			Originator string
			From       uint32
		}
		if ssh.Unmarshal(request.ExtraData(), &m) == nil {
			s.forward(request, "tcp", net.JoinHostPort(m.Host, strconv.Itoa(int(m.Port))))
		}
	case "direct-streamlocal@openssh.com":
		var m struct {
			Path     string
			Reserved string
			Port     uint32
		}
		if ssh.Unmarshal(request.ExtraData(), &m) == nil {
			s.forward(request, "unix", m.Path)
		}
	default:
		_ = request.Reject(ssh.UnknownChannelType, "the simulator does not know this kind of channel") // the client may be gone
	}
}

func (s *Server) forward(request ssh.NewChannel, network, address string) {
	to, err := s.machine.Dial(network, address)
	if err != nil {
		_ = request.Reject(ssh.ConnectionFailed, err.Error()) // the client may be gone
		return
	}
	defer to.Close()
	channel, requests, err := request.Accept()
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	var both sync.WaitGroup
	both.Go(func() {
		carry(to, channel)
		_ = to.Close()
	})
	carry(channel, to)
	_ = channel.Close()
	both.Wait()
}

// carry copies with little room: hundreds of servers wait at the same time.
func carry(to io.Writer, from io.Reader) {
	_, _ = io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{from}, make([]byte, 4<<10)) // its end is the other side's affair
}

// line is the only command line that kea-lockstep sends.
const line = "exec /bin/sh -s"

func (s *Server) session(ctx context.Context, request ssh.NewChannel) {
	channel, requests, err := request.Accept()
	if err != nil {
		return
	}
	defer channel.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan struct{})
	for {
		select {
		case <-done:
			return
		case r, ok := <-requests:
			if !ok {
				cancel()
				return
			}
			s.request(ctx, cancel, channel, r, done)
		}
	}
}

func (s *Server) request(ctx context.Context, cancel func(), channel ssh.Channel, r *ssh.Request, done chan struct{}) {
	var text struct{ Value string }
	_ = ssh.Unmarshal(r.Payload, &text) // an empty one is refused below
	switch {
	case r.Type == "exec" && text.Value == line:
		_ = r.Reply(true, nil)
		go func() {
			defer close(done)
			in, fed := shell.Pipe()
			go func() {
				carry(fed.Writer(), channel)
				fed.Close()
			}()
			status := s.machine.Session(ctx, in, shell.To(channel), shell.To(channel.Stderr()))
			_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{uint32(status)})) //nolint:gosec // 0 to 255
		}()
	case r.Type == "exec":
		_ = r.Reply(true, nil)
		fmt.Fprintf(channel.Stderr(), "the simulator runs %q alone, not %q\n", line, text.Value)
		_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{127}))
		close(done)
	case r.Type == "signal":
		cancel()
	case r.WantReply:
		_ = r.Reply(false, nil)
	}
}
