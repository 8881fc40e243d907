package disk

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Kind is what a node is.
type Kind int

// The kinds. Null is the device of that name, which a masked unit leads to.
const (
	File Kind = iota
	Dir
	Link
	Null
)

// Node is a file, a directory or a link. Its fields are read and changed under the disk's lock alone.
type Node struct {
	Ino     uint64
	Kind    Kind
	Mode    fs.FileMode // permissions
	Owner   string      // uid:gid
	Changed time.Time
	Target  string // of a link

	data []byte
	kids map[string]*Node
	made func() []byte           // a file that is made as it is read, such as those in /proc
	list func() map[string]*Node // a directory likewise
	held map[*Open]bool          // locks, and whether they are exclusive
	free chan struct{}           // closed when a lock is let go
}

// Disk is the files of one server.
type Disk struct {
	mu   sync.Mutex
	root *Node
	last uint64
}

// New makes an empty disk.
func New() *Disk {
	d := &Disk{}
	d.root = d.node(Dir, 0o755)
	dev := d.node(Dir, 0o755)
	dev.kids["null"] = d.node(Null, 0o666)
	d.root.kids["dev"] = dev
	return d
}

func (d *Disk) node(kind Kind, mode fs.FileMode) *Node {
	d.last++
	n := &Node{Ino: d.last, Kind: kind, Mode: mode, Owner: "0:0", Changed: time.Now()}
	if kind == Dir {
		n.kids = map[string]*Node{}
	}
	return n
}

// MadeFile is a file that is made as it is read; MadeDir a directory likewise. They stand in the answer of another made directory.
func MadeFile(read func() []byte) *Node {
	return &Node{Kind: File, Mode: 0o444, Owner: "0:0", made: read}
}

// MadeDir is a directory whose entries are made as it is read.
func MadeDir(list func() map[string]*Node) *Node {
	return &Node{Kind: Dir, Mode: 0o555, Owner: "0:0", list: list}
}

// Mount puts a made file or directory at a path.
func (d *Disk) Mount(name string, n *Node) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	dir, base, err := d.parent(name)
	if err == nil {
		dir.kids[base] = n
	}
	return err
}

func fail(op, name string, err error) error { return &fs.PathError{Op: op, Path: name, Err: err} }

const mostLinks = 20 // on the way to one file

// walk finds a node. A link at the end is followed where that is asked for.
func (d *Disk) walk(name string, follow bool) (*Node, error) {
	for range mostLinks {
		n, rest, err := d.step(path.Clean("/"+name), follow)
		if err != nil || rest == "" {
			return n, err
		}
		name = rest
	}
	return nil, syscall.ELOOP
}

// step goes down a path up to its end, or to a link: then rest is where that leads.
func (d *Disk) step(name string, follow bool) (n *Node, rest string, err error) {
	n = d.root
	done := "/"
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == '/' })
	for i, part := range parts {
		if n.Kind != Dir {
			return nil, "", syscall.ENOTDIR
		}
		next := n.children()[part]
		if next == nil {
			return nil, "", syscall.ENOENT
		}
		last := i == len(parts)-1
		if next.Kind == Link && (!last || follow) {
			to := next.Target
			if !path.IsAbs(to) {
				to = path.Join(done, to)
			}
			return nil, path.Join(append([]string{to}, parts[i+1:]...)...), nil
		}
		n, done = next, path.Join(done, part)
	}
	return n, "", nil
}

func (n *Node) children() map[string]*Node {
	if n.list != nil {
		return n.list()
	}
	return n.kids
}

// parent finds the directory that a path is in.
func (d *Disk) parent(name string) (*Node, string, error) {
	dir, base := path.Split(path.Clean("/" + name))
	n, err := d.walk(dir, true)
	switch {
	case err != nil:
		return nil, "", err
	case n.Kind != Dir:
		return nil, "", syscall.ENOTDIR
	case n.kids == nil || base == "":
		return nil, "", syscall.EROFS
	}
	return n, base, nil
}

// Stat gives a copy of what stands at a path, a link's end where follow is set.
func (d *Disk) Stat(name string, follow bool) (Info, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n, err := d.walk(name, follow)
	if err != nil {
		return Info{}, fail("stat", name, err)
	}
	return n.info(path.Base(name)), nil
}

// Info is what is known of a node; Size only of what is no made file.
type Info struct {
	Name    string
	Ino     uint64
	Kind    Kind
	Mode    fs.FileMode
	Owner   string
	Changed time.Time
	Target  string
	Size    int
}

func (n *Node) info(name string) Info {
	size := len(n.data)
	if n.made != nil {
		size = 1
	}
	return Info{name, n.Ino, n.Kind, n.Mode, n.Owner, n.Changed, n.Target, size}
}

// List gives the entries of a directory in the order of their names.
func (d *Disk) List(name string) ([]Info, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n, err := d.walk(name, true)
	if err == nil && n.Kind != Dir {
		err = syscall.ENOTDIR
	}
	if err != nil {
		return nil, fail("open", name, err)
	}
	var all []Info
	for base, kid := range n.children() {
		all = append(all, kid.info(base))
	}
	slices.SortFunc(all, func(a, b Info) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// Mkdir makes a directory; with all, what is missing above it too, and none that is there is an error.
func (d *Disk) Mkdir(name string, mode fs.FileMode, all bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return fail2("mkdir", name, d.mkdir(name, mode, all))
}

func fail2(op, name string, err error) error {
	if err == nil {
		return nil
	}
	return fail(op, name, err)
}

func (d *Disk) mkdir(name string, mode fs.FileMode, all bool) error {
	if n, err := d.walk(name, true); err == nil {
		if all && n.Kind == Dir {
			return nil
		}
		return syscall.EEXIST
	}
	if all && path.Clean("/"+name) != "/" {
		if err := d.mkdir(path.Dir(path.Clean("/"+name)), mode, true); err != nil {
			return err
		}
	}
	dir, base, err := d.parent(name)
	if err != nil {
		return err
	}
	dir.kids[base] = d.node(Dir, mode)
	dir.Changed = time.Now()
	return nil
}

// Symlink makes a link.
func (d *Disk) Symlink(target, name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	dir, base, err := d.parent(name)
	if err == nil && dir.kids[base] != nil {
		err = syscall.EEXIST
	}
	if err != nil {
		return fail("symlink", name, err)
	}
	n := d.node(Link, 0o777)
	n.Target = target
	dir.kids[base] = n
	return nil
}

// Remove takes a name away: an empty directory where dirs is set, what is no directory otherwise; with all, whatever is below.
func (d *Disk) Remove(name string, dirs, all bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	dir, base, err := d.parent(name)
	if err != nil {
		return fail("remove", name, err)
	}
	n := dir.kids[base]
	switch {
	case n == nil:
		err = syscall.ENOENT
	case all:
	case n.Kind == Dir && !dirs:
		err = syscall.EISDIR
	case n.Kind != Dir && dirs:
		err = syscall.ENOTDIR
	case n.Kind == Dir && len(n.kids) > 0:
		err = syscall.ENOTEMPTY
	}
	if err != nil {
		return fail("remove", name, err)
	}
	delete(dir.kids, base)
	dir.Changed = time.Now()
	return nil
}

// Rename moves a name over another, in one move.
func (d *Disk) Rename(from, to string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	source, old, err := d.parent(from)
	if err == nil && source.kids[old] == nil {
		err = syscall.ENOENT
	}
	if err != nil {
		return fail("rename", from, err)
	}
	dir, base, err := d.parent(to)
	if err != nil {
		return fail("rename", to, err)
	}
	n := source.kids[old]
	delete(source.kids, old)
	dir.kids[base] = n
	return nil
}

// Chmod and Chown change a node's permissions and owner ("uid:gid").
func (d *Disk) Chmod(name string, mode fs.FileMode) error {
	return d.change("chmod", name, func(n *Node) { n.Mode = mode })
}

// Chown changes the owner ("uid:gid").
func (d *Disk) Chown(name, owner string) error {
	return d.change("chown", name, func(n *Node) { n.Owner = owner })
}

// Touch sets when a node was changed last.
func (d *Disk) Touch(name string, at time.Time) error {
	return d.change("touch", name, func(n *Node) { n.Changed = at })
}

func (d *Disk) change(op, name string, do func(*Node)) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	n, err := d.walk(name, true)
	if err != nil {
		return fail(op, name, err)
	}
	do(n)
	return nil
}

// Missing reports whether an error says that nothing is there.
func Missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
