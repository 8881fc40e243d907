package ssh

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	xknownhosts "golang.org/x/crypto/ssh/knownhosts"
)

// The kinds of failure. Every error of this package is an [*Error] that wraps
// one of them, and the cause beneath it where there is one.
var (
	// ErrConfig: the address, the client configuration or a known_hosts file
	// cannot be used. Nothing was sent.
	ErrConfig = errors.New("ssh configuration cannot be used")
	// ErrUnreachable: no connection, or it was lost before the script was
	// handed over. The script has not run.
	ErrUnreachable = errors.New("server cannot be reached")
	// ErrAuth: the server was reached and is the right one, but accepts none
	// of our keys.
	ErrAuth = errors.New("server accepts none of the keys offered")
	// ErrUnknownHostKey: no known_hosts file has a key for this host. The
	// cause is a [*HostKeyError].
	ErrUnknownHostKey = errors.New("host key is not known")
	// ErrHostKeyChanged: the key offered is not the one in known_hosts, or
	// has been revoked there. The cause is a [*HostKeyError].
	ErrHostKeyChanged = errors.New("host key differs from the known one")
	// ErrNotRun: the remote side ended without reaching the script (an
	// account without a shell, a forced command). It has not run.
	ErrNotRun = errors.New("remote side did not run the script")
	// ErrNotRoot: root was asked for and not obtained. The script has not run.
	ErrNotRoot = errors.New("no root on this server")
	// ErrFateUnknown: the script was handed over, and its status never came:
	// connection lost, deadline passed, or shell killed. It may have run, in
	// whole or in part or not at all, and may run still.
	ErrFateUnknown = errors.New("fate of the script is unknown")
	// ErrSuperseded: the guard's epoch file is gone or says something else.
	// The script has not run. The cause is a [*SupersededError].
	ErrSuperseded = errors.New("superseded by another driver")
	// ErrGuardBusy: the guard's lock could not be taken in time, or cannot be
	// opened. The script has not run.
	ErrGuardBusy = errors.New("guard's lock cannot be taken")
	// ErrAlreadyClaimed: StartJob found the job's directory there. Nothing
	// was started; Job tells its state.
	ErrAlreadyClaimed = errors.New("job is claimed already")
	// ErrForwardDenied: the server's sshd does not open such a connection
	// (AllowTcpForwarding, AllowStreamLocalForwarding, PermitOpen).
	ErrForwardDenied = errors.New("sshd does not forward there")
	// ErrFile: Put or Get was answered with a failure; the cause says which,
	// and is fs.ErrNotExist or fs.ErrPermission where that is what it was.
	ErrFile = errors.New("file cannot be read or written")
)

// Error is a failure on one server.
type Error struct {
	Server string // the name given in Login
	Doing  string // what was being done
	Kind   error  // one of the values above
	Saw    string // what the other side said, printable, shortened
	Next   string // what to do about it, where that can be said
	Err    error  // the cause, or nil
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s: %v", e.Server, e.Doing, e.Kind)
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	if e.Saw != "" {
		fmt.Fprintf(&b, ": %s", e.Saw)
	}
	return b.String()
}

// Unwrap gives the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// HostKeyError tells which key was offered and what was known instead.
type HostKeyError struct {
	Host        string // as looked up in known_hosts
	Type        string // the offered key's type
	Fingerprint string // the offered key's, SHA256
	Files       []string
	Known       []string // file:line of the keys known for the host
	Revoked     bool
	Line        string // the known_hosts line for the offered key
	hashed      bool   // the configuration wants names hashed (HashKnownHosts)
}

func (e *HostKeyError) Error() string {
	what := fmt.Sprintf("%s offers %s %s", e.Host, e.Type, e.Fingerprint)
	switch {
	case e.Revoked:
		return what + ", revoked in " + strings.Join(e.Known, ", ")
	case len(e.Known) > 0:
		return what + ", another one stands in " + strings.Join(e.Known, ", ")
	case len(e.Files) > 0:
		return what + ", which is not in " + strings.Join(e.Files, ", ")
	}
	return what + ", and there is no known_hosts file"
}

// Compare is a command on the server's console that shows the key it has.
func (e *HostKeyError) Compare() string {
	return "ssh-keygen -lf /etc/ssh/ssh_host_" + keyFileName(e.Type) + "_key.pub"
}

// Remember writes a key that nobody knew into the first known_hosts file, as
// ssh does at a first contact. A key that differs from a known one is no such.
func (e *HostKeyError) Remember() error {
	if len(e.Known) > 0 || e.Revoked || len(e.Files) == 0 {
		return fmt.Errorf("%w: it is not made known", e)
	}
	file := e.Files[0]
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return fmt.Errorf("remembering the host key: %w", err)
	}
	known, err := os.OpenFile(file, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("remembering the host key: %w", err)
	}
	line := e.Line + "\n"
	if e.hashed {
		_, key, _ := strings.Cut(line, " ")
		line = xknownhosts.HashHostname(e.Host) + " " + key
	}
	last := make([]byte, 1)
	if end, err := known.Seek(-1, io.SeekEnd); err == nil {
		if _, err := known.ReadAt(last, end); err == nil && last[0] != '\n' {
			line = "\n" + line
		}
	}
	_, err = known.WriteString(line)
	if err := errors.Join(err, known.Close()); err != nil {
		return fmt.Errorf("remembering the host key: %w", err)
	}
	return nil
}

// SupersededError tells what a guard expected and what it found.
type SupersededError struct{ Epoch, Want, Found string }

func (e *SupersededError) Error() string {
	return fmt.Sprintf("%s holds %q, expected %q", e.Epoch, e.Found, e.Want)
}
