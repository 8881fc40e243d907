package disk

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// Open is an open file: a place in it, and the locks that whoever shares it holds.
type Open struct {
	disk   *Disk
	node   *Node
	offset int
	flag   int
	made   []byte
}

// Open opens a file by the flags of package os.
func (d *Disk) Open(name string, flag int, mode fs.FileMode) (*Open, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n, err := d.walk(name, true)
	if Missing(err) && flag&os.O_CREATE != 0 {
		n, err = d.create(name, mode)
	}
	writes := flag&(os.O_WRONLY|os.O_RDWR) != 0
	switch {
	case err != nil:
	case n.Kind == Dir && writes:
		err = syscall.EISDIR
	case n.made != nil && writes:
		err = syscall.EACCES
	}
	if err != nil {
		return nil, fail("open", name, err)
	}
	o := &Open{disk: d, node: n, flag: flag}
	if n.made != nil {
		o.made = n.made()
	}
	if flag&os.O_TRUNC != 0 {
		n.data, n.Changed = nil, time.Now()
	}
	return o, nil
}

func (d *Disk) create(name string, mode fs.FileMode) (*Node, error) {
	dir, base, err := d.parent(name)
	if err != nil {
		return nil, err
	}
	n := d.node(File, mode)
	dir.kids[base] = n
	dir.Changed = time.Now()
	return n, nil
}

// Read reads on from the place in the file.
func (o *Open) Read(p []byte) (int, error) {
	o.disk.mu.Lock()
	defer o.disk.mu.Unlock()
	data := o.node.data
	switch {
	case o.node.Kind == Dir:
		return 0, syscall.EISDIR
	case o.node.made != nil:
		data = o.made
	}
	if o.offset >= len(data) {
		return 0, io.EOF
	}
	n := copy(p, data[o.offset:])
	o.offset += n
	return n, nil
}

// Line reads on, at most up to the end of a line.
func (o *Open) Line(p []byte) (int, error) {
	o.disk.mu.Lock()
	data := o.node.data
	if o.node.made != nil {
		data = o.made
	}
	if o.offset < len(data) {
		if end := bytes.IndexByte(data[o.offset:], '\n') + 1; end > 0 && end < len(p) {
			p = p[:end]
		}
	}
	o.disk.mu.Unlock()
	return o.Read(p)
}

// Write writes at the place in the file, or at its end.
func (o *Open) Write(p []byte) (int, error) {
	o.disk.mu.Lock()
	defer o.disk.mu.Unlock()
	n := o.node
	if n.Kind == Null {
		return len(p), nil
	}
	if o.flag&os.O_APPEND != 0 {
		o.offset = len(n.data)
	}
	for len(n.data) < o.offset {
		n.data = append(n.data, 0)
	}
	n.data = append(n.data[:o.offset:o.offset], p...)
	o.offset += len(p)
	n.Changed = time.Now()
	return len(p), nil
}

// Close lets go of the file and of its lock.
func (o *Open) Close() error {
	o.Unlock()
	return nil
}

// Lock takes the file's lock, shared or exclusive, waiting for at most so long. It is false where another has it.
func (o *Open) Lock(ctx context.Context, exclusive bool, wait time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for {
		freed := o.try(exclusive)
		if freed == nil {
			return true
		}
		select {
		case <-freed:
		case <-ctx.Done():
			return false
		}
	}
}

// try takes the lock, or gives what is closed once it may be free.
func (o *Open) try(exclusive bool) <-chan struct{} {
	o.disk.mu.Lock()
	defer o.disk.mu.Unlock()
	n := o.node
	for other, alone := range n.held {
		if other != o && (exclusive || alone) {
			if n.free == nil {
				n.free = make(chan struct{})
			}
			return n.free
		}
	}
	if n.held == nil {
		n.held = map[*Open]bool{}
	}
	n.held[o] = exclusive
	return nil
}

// Unlock lets go of the lock.
func (o *Open) Unlock() {
	o.disk.mu.Lock()
	defer o.disk.mu.Unlock()
	delete(o.node.held, o)
	if o.node.free != nil {
		close(o.node.free)
		o.node.free = nil
	}
}

// Read gives a file's content.
func (d *Disk) Read(name string) ([]byte, error) {
	o, err := d.Open(name, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(o)
}

// Write gives a file its content; directories on the way are made.
func (d *Disk) Write(name, content string, mode fs.FileMode) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n, err := d.walk(name, true); err == nil && n.Kind == File {
		n.data, n.Changed = []byte(content), time.Now()
		return nil
	}
	if err := d.mkdir(parentOf(name), 0o755, true); err != nil {
		return fail("write", name, err)
	}
	n, err := d.create(name, mode)
	if err != nil {
		return fail("write", name, err)
	}
	n.data = []byte(content)
	return nil
}

func parentOf(name string) string {
	for i := len(name) - 1; i > 0; i-- {
		if name[i] == '/' {
			return name[:i]
		}
	}
	return "/"
}
