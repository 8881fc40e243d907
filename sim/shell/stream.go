package shell

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"kea-lockstep/sim/disk"
)

// Stream is what a descriptor refers to. Those that share it have one place in the file and one lock; it is closed with the last.
type Stream struct {
	in     io.Reader
	out    io.Writer
	closer func()
	file   *disk.Open
	users  *atomic.Int32
}

func stream(in io.Reader, out io.Writer, file *disk.Open, closer func()) *Stream {
	s := &Stream{in: in, out: out, file: file, closer: closer, users: &atomic.Int32{}}
	s.users.Store(1)
	return s
}

// From reads from r.
func From(r io.Reader) *Stream { return stream(r, nil, nil, nil) }

// To writes to w.
func To(w io.Writer) *Stream { return stream(nil, w, nil, nil) }

// OfFile reads and writes an open file.
func OfFile(o *disk.Open) *Stream { return stream(o, o, o, func() { _ = o.Close() }) }

// File is the open file; nil where it is none.
func (s *Stream) File() *disk.Open { return s.file }

// Reader and Writer are what can be read and written; a descriptor that is not open for it fails.
func (s *Stream) Reader() io.Reader { return reader(s) }

// Writer is what can be written.
func (s *Stream) Writer() io.Writer { return writer(s) }

// Share gives the stream to one more descriptor, and Close takes it from one.
func (s *Stream) Share() *Stream {
	s.users.Add(1)
	return s
}

// Close takes the stream from a descriptor.
func (s *Stream) Close() {
	if s.users.Add(-1) == 0 && s.closer != nil {
		s.closer()
	}
}

// closed is a descriptor that is not open.
type closed struct{}

func (closed) Read([]byte) (int, error)  { return 0, syscall.EBADF }
func (closed) Write([]byte) (int, error) { return 0, syscall.EBADF }

func reader(s *Stream) io.Reader {
	if s == nil || s.in == nil {
		return closed{}
	}
	return s.in
}

func writer(s *Stream) io.Writer {
	if s == nil || s.out == nil {
		return closed{}
	}
	return s.out
}

// pipe is a pipe with room for some bytes, as the kernel's has.
type pipe struct {
	mu         sync.Mutex
	moved      *sync.Cond
	data       []byte
	shut, gone bool // no writer, no reader any more
}

const pipeRoom = 64 << 10

// Pipe makes a pipe: what is written to the second comes out of the first.
func Pipe() (read, write *Stream) {
	p := &pipe{}
	p.moved = sync.NewCond(&p.mu)
	end := func(what *bool) func() {
		return func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			*what = true
			p.moved.Broadcast()
		}
	}
	return stream(p, nil, nil, end(&p.gone)), stream(nil, p, nil, end(&p.shut))
}

func (p *pipe) Read(b []byte) (int, error) {
	return p.take(b, func(data []byte) int { return len(data) })
}

// Line reads at most up to the end of a line.
func (p *pipe) Line(b []byte) (int, error) {
	return p.take(b, func(data []byte) int {
		if end := bytes.IndexByte(data, '\n') + 1; end > 0 {
			return end
		}
		return len(data)
	})
}

// take waits for data, and reads no more of it than it is told.
func (p *pipe) take(b []byte, most func(data []byte) int) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.data) == 0 && !p.shut {
		p.moved.Wait()
	}
	if len(p.data) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.data[:most(p.data)])
	p.data = p.data[n:]
	p.moved.Broadcast()
	return n, nil
}

// liner is what can be read by lines without taking what is behind.
type liner interface{ Line(b []byte) (int, error) }

// document is a here-document.
type document struct{ rest string }

func (d *document) Read(b []byte) (int, error) {
	if d.rest == "" {
		return 0, io.EOF
	}
	n := copy(b, d.rest)
	d.rest = d.rest[n:]
	return n, nil
}

func (d *document) Line(b []byte) (int, error) {
	end := strings.IndexByte(d.rest, '\n') + 1
	if end == 0 || end > len(b) {
		end = min(len(d.rest), len(b))
	}
	return d.Read(b[:max(end, min(1, len(b)))])
}

func (p *pipe) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.data) > pipeRoom && !p.gone {
		p.moved.Wait()
	}
	if p.gone {
		return 0, syscall.EPIPE
	}
	p.data = append(p.data, b...)
	p.moved.Broadcast()
	return len(b), nil
}
