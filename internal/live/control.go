package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/ssh"
)

// controlPatience is how long a daemon may take to answer. Kea itself gives a command 10 s.
const controlPatience = 5 * time.Second

var errNoSocket = errors.New("its configuration names no unix control socket")

// askControl asks the daemon over its control socket which version it is and whether it serves. Where the socket cannot be asked,
// the program that runs is asked for its version.
func (f *Fleet) askControl(ctx context.Context, s *server, d daemon, v *fleet.Service) {
	patient, cancel := context.WithTimeout(ctx, controlPatience)
	defer cancel()
	said, err := f.versionOf(patient, s, d)
	if err != nil {
		v.Sockets = fleet.Doubt("the control socket cannot be asked: %v", err)
		v.Version = f.binaryOf(ctx, s, d.PID) // what the socket took of the time is not taken from this
		return
	}
	v.Answers, v.Version, v.Backends = true, said.Version, said.Schemas
	answer, err := f.command(patient, s, d, "status-get")
	if err != nil {
		v.Sockets = fleet.Doubt("status-get: %v", err)
		return
	}
	status, err := answer.Status()
	if err != nil {
		v.Sockets = fleet.Doubt("status-get: %v", err)
		return
	}
	if status.PID != d.PID {
		v.Problem = fmt.Sprintf("the control socket is answered by pid %d, and not by its own %d", status.PID, d.PID)
	}
	v.Sockets = serving(status)
}

func (f *Fleet) versionOf(ctx context.Context, s *server, d daemon) (kea.Software, error) {
	answer, err := f.command(ctx, s, d, "version-get")
	if err != nil {
		return kea.Software{}, err
	}
	return answer.Software()
}

// serving judges an answer to status-get.
func serving(s kea.Status) fleet.Verdict {
	switch {
	case s.DHCP != nil && s.DHCP.Disabled():
		return fleet.Deny("its DHCP service is disabled: %+v", *s.DHCP)
	case s.Sockets == nil:
		return fleet.Doubt("this Kea does not tell about its sockets")
	case s.Sockets.Status != "ready":
		return fleet.Deny("its sockets are %s: %s", s.Sockets.Status, strings.Join(s.Sockets.Errors, "; "))
	}
	return fleet.Affirm("its sockets are ready")
}

// socketDirectory is where a bare file name of a control socket lies (Kea 2.4.2, 2.6.3, 2.7.9 and later).
const socketDirectory = "/run/kea"

const largestAnswer = 1 << 20 // bytes

// command gives a command to a daemon over its unix control socket.
func (f *Fleet) command(ctx context.Context, s *server, d daemon, name string) (kea.Answer, error) {
	socket := ""
	for _, c := range d.config.Parsed.Sockets {
		if c.Type == "unix" && socket == "" {
			socket = c.Path
		}
	}
	if socket == "" {
		return kea.Answer{}, errNoSocket
	}
	if !path.IsAbs(socket) {
		socket = path.Join(socketDirectory, socket)
	}
	conn, err := s.host.Dial(ctx, "unix", socket)
	if err != nil {
		return kea.Answer{}, err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline) // a tunnel has deadlines
	}
	request, err := kea.Request{Command: name}.Encode()
	if err != nil {
		return kea.Answer{}, err
	}
	if _, err := conn.Write(request); err != nil {
		return kea.Answer{}, fmt.Errorf("%s: giving %s to %s: %w", s.name(), name, socket, err)
	}
	text, err := readAnswer(conn)
	if err != nil {
		return kea.Answer{}, fmt.Errorf("%s: reading the answer to %s from %s: %w", s.name(), name, socket, err)
	}
	return kea.ParseAnswer(text)
}

// readAnswer reads one JSON value. Kea keeps the connection open behind it when it was not closed for writing.
func readAnswer(r io.Reader) ([]byte, error) {
	var value json.RawMessage
	err := json.NewDecoder(io.LimitReader(r, largestAnswer)).Decode(&value)
	return value, err
}

// binarySh asks the very program that a process runs, also where its file was replaced since.
const binarySh = `"/proc/$pid/exe" -v
`

func (f *Fleet) binaryOf(ctx context.Context, s *server, pid int) kea.Version {
	r, err := s.host.Run(ctx, ssh.Command{
		Script: binarySh, Root: true, Title: "ask a running program for its version", Timeout: controlPatience,
		Params: []ssh.Param{{Name: "pid", Value: fmt.Sprint(pid)}},
	})
	if err != nil || r.Status != 0 {
		return kea.Version{}
	}
	said, err := kea.ParseVersionOutput(string(r.Stdout))
	if err != nil {
		return kea.Version{}
	}
	return said.Version
}
