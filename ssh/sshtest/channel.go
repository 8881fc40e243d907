package sshtest

import (
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/crypto/ssh"
)

func (s *Server) open(request ssh.NewChannel) {
	switch request.ChannelType() {
	case "session":
		s.session(request)
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
		request.Reject(ssh.UnknownChannelType, "what is that?")
	}
}

func (s *Server) forward(request ssh.NewChannel, network, addr string) {
	if s.options.NoForward {
		request.Reject(ssh.Prohibited, "administratively prohibited")
		return
	}
	to, err := net.Dial(network, addr)
	if err != nil {
		request.Reject(ssh.ConnectionFailed, err.Error())
		return
	}
	defer to.Close()
	channel, requests, err := request.Accept()
	if err != nil {
		return
	}
	s.Forwards.Add(1)
	go ssh.DiscardRequests(requests)
	go func() {
		io.Copy(to, channel)
		to.Close()
	}()
	io.Copy(channel, to)
	channel.Close()
}

func (s *Server) session(request ssh.NewChannel) {
	n := s.Sessions.Add(1)
	defer s.Sessions.Add(-1)
	if most := s.options.MaxSessions; most > 0 && n > int64(most) {
		request.Reject(ssh.Prohibited, "open failed")
		return
	}
	channel, requests, err := request.Accept()
	if err != nil {
		return
	}
	defer channel.Close()
	p := &process{channel: channel, done: make(chan struct{})}
	for {
		select {
		case r, ok := <-requests:
			if !ok {
				<-p.done // sshd keeps the session until the process has ended
				return
			}
			s.request(p, r)
		case <-p.done:
			return
		}
	}
}

func (s *Server) request(p *process, r *ssh.Request) {
	var text struct{ Value string }
	switch r.Type {
	case "exec":
		ssh.Unmarshal(r.Payload, &text)
		s.mu.Lock()
		hook := s.onExec
		s.mu.Unlock()
		if hook != nil {
			hook(text.Value)
		}
		r.Reply(p.start(s.options.Shell(text.Value), s.path) == nil, nil)
	case "signal":
		ssh.Unmarshal(r.Payload, &text)
		p.signal(text.Value)
	default:
		if r.WantReply {
			r.Reply(false, nil)
		}
	}
}

// process is what a session executes.
type process struct {
	channel ssh.Channel
	cmd     *exec.Cmd
	done    chan struct{}
}

func (p *process) start(cmd *exec.Cmd, path string) error {
	p.cmd = cmd
	if cmd.Env == nil {
		cmd.Env = append(os.Environ(), "PATH="+path)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		close(p.done)
		return err
	}
	go func() {
		io.Copy(stdin, p.channel)
		stdin.Close()
	}()
	var streams sync.WaitGroup
	streams.Go(func() { io.Copy(p.channel, stdout); io.Copy(io.Discard, stdout) })
	streams.Go(func() { io.Copy(p.channel.Stderr(), stderr); io.Copy(io.Discard, stderr) })
	go func() {
		streams.Wait()
		p.report(cmd.Wait())
		close(p.done)
	}()
	return nil
}

// report sends how the process ended, as sshd does.
func (p *process) report(err error) {
	exit, failed := errors.AsType[*exec.ExitError](err)
	if failed {
		if status := exit.Sys().(syscall.WaitStatus); status.Signaled() {
			p.channel.SendRequest("exit-signal", false, ssh.Marshal(struct {
				Signal string
				Core   bool
				Error  string
				Lang   string
			}{map[syscall.Signal]string{syscall.SIGKILL: "KILL", syscall.SIGTERM: "TERM"}[status.Signal()], false, "", ""}))
			return
		}
	}
	code := uint32(0)
	if failed {
		code = uint32(exit.ExitCode())
	}
	p.channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{code}))
}

func (p *process) signal(name string) {
	if sig := map[string]syscall.Signal{"TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL}[name]; sig != 0 && p.cmd != nil {
		syscall.Kill(-p.cmd.Process.Pid, sig)
	}
}
