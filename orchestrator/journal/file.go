package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

const suffix = ".jsonl"

// Files keeps each run in a file of its own under a directory, one event a line, each line carrying its own hash and that of the
// one before. A run is there from its first event on: a file without one is no run. A driver holds its run's file under flock until Close; readers need no lock.
type Files struct {
	dir  string
	mu   sync.Mutex
	open map[string]*tail
}

// tail is the end of one run's file, where this process appends.
type tail struct {
	file *os.File
	// doubtful: the last write failed, so what is in the file is found out anew. It stays locked: its drive is at work still.
	doubtful bool
	seq      int
	hash     string
}

// NewFiles keeps journals under dir, which is made with mode 0700 when the first event is appended.
func NewFiles(dir string) *Files { return &Files{dir: dir, open: map[string]*tail{}} }

// Path is where a run's events are kept.
func (f *Files) Path(run string) string { return filepath.Join(f.dir, run+suffix) }

// Runs lists the runs that are kept, oldest first: their names begin with their time.
func (f *Files) Runs() ([]string, error) {
	entries, err := os.ReadDir(f.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing the journals: %w", err)
	}
	var runs []string
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), suffix)
		if ok && !e.IsDir() && f.begun(name) {
			runs = append(runs, name)
		}
	}
	slices.Sort(runs)
	return runs, nil
}

// begun reports whether a run has its first event, or something that should be one: its driver may have died before that was
// durable. A file that cannot be read is for whoever reads it to tell.
func (f *Files) begun(run string) bool {
	for _, err := range f.Read(context.Background(), run) {
		return !errors.Is(err, ErrNoRun)
	}
	return false
}

// Driven reports whether some process holds the run now.
func (f *Files) Driven(run string) (bool, error) {
	file, err := os.Open(f.Path(run))
	if err != nil {
		return false, fmt.Errorf("opening the journal: %w", err)
	}
	defer file.Close()
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("asking for the lock of %s: %w", file.Name(), err)
	}
	return false, nil
}

// Hold takes a run's file for this process, until Close. It gives ErrDriven when another process holds it, ErrNoRun where there is none, and
// ErrDamaged where it does not verify.
func (f *Files) Hold(run string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, err := f.tail(run, false)
	return err
}

// Append makes the events durable at the end of their run's file, which it creates for a RunBegun only. It gives ErrDriven
// when another process holds the file.
func (f *Files) Append(_ context.Context, events ...Event) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(events) == 0 {
		return nil
	}
	t, err := f.tail(events[0].Run, events[0].Type == RunBegun)
	if err != nil {
		return err
	}
	if t.seq == 0 && events[0].Type != RunBegun {
		return fmt.Errorf("%w: %s", ErrNoRun, events[0].Run)
	}
	var lines bytes.Buffer
	seq, hash := t.seq, t.hash
	for _, e := range events {
		seq++
		e.Seq, e.Prev = seq, hash
		line, err := seal(&e)
		if err != nil {
			return err
		}
		hash = e.Hash
		lines.Write(append(line, '\n'))
	}
	if _, err := t.file.Write(lines.Bytes()); err != nil {
		return spoiled(t, err)
	}
	if err := t.file.Sync(); err != nil {
		return spoiled(t, err)
	}
	t.seq, t.hash = seq, hash
	return nil
}

// spoiled is for a file whose last write is in doubt: the next Append finds out anew what is in it.
func spoiled(t *tail, err error) error {
	t.doubtful = true
	return fmt.Errorf("making the journal durable: %w", err)
}

// Home tells the file of a run that this process holds from every other, copies of it and files of other machines among them. Empty where
// it holds none, or this system does not tell.
func (f *Files) Home(run string) string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id") // random(4)
	if err != nil {
		return ""
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	t, ok := f.open[run]
	if !ok {
		return ""
	}
	info, err := t.file.Stat()
	if err != nil {
		return ""
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return fmt.Sprintf("%s %d:%d", strings.TrimSpace(string(boot)), stat.Dev, stat.Ino)
}

// Close gives up every run that this process holds.
func (f *Files) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var errs []error
	for run, t := range f.open {
		errs = append(errs, t.file.Close())
		delete(f.open, run)
	}
	return errors.Join(errs...)
}

func (f *Files) tail(run string, create bool) (*tail, error) {
	if t, ok := f.open[run]; ok && t.doubtful {
		again, err := hold(t.file)
		if err == nil {
			f.open[run] = again
		}
		return again, err
	} else if ok {
		return t, nil
	}
	flags := os.O_RDWR
	if create {
		if err := os.MkdirAll(f.dir, 0o700); err != nil {
			return nil, fmt.Errorf("making the state directory: %w", err)
		}
		flags |= os.O_CREATE | os.O_EXCL
	}
	file, err := os.OpenFile(f.Path(run), flags, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrNoRun, run)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the journal: %w", err)
	}
	t, err := hold(file)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if create {
		if err := syncDir(f.dir); err != nil {
			return nil, errors.Join(err, file.Close())
		}
	}
	f.open[run] = t
	return t, nil
}

// hold locks the file, cuts off a torn last line and finds the end of the chain.
func hold(file *os.File) (*tail, error) {
	if err := lock(file); err != nil {
		return nil, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("finding the beginning of the journal: %w", err)
	}
	t := &tail{file: file}
	end := link{ended: true}
	for l, err := range chain(file) {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file.Name(), err)
		}
		t.seq, t.hash, end = l.event.Seq, l.event.Hash, l
	}
	if err := file.Truncate(end.end); err != nil {
		return nil, fmt.Errorf("cutting off a torn line: %w", err)
	}
	if _, err := file.Seek(end.end, io.SeekStart); err != nil {
		return nil, fmt.Errorf("finding the end of the journal: %w", err)
	}
	if !end.ended {
		if _, err := file.Write([]byte{'\n'}); err != nil {
			return nil, fmt.Errorf("ending the last line: %w", err)
		}
	}
	return t, nil
}

// glimpse is how long the lock is asked for before the run is said to be driven: who only asks whether it is driven (Driven)
// holds it for a moment too.
const glimpse = 300 * time.Millisecond

// lock takes the file for this process. It gives ErrDriven when another holds it for longer than a glimpse.
func lock(file *os.File) error {
	for deadline := time.Now().Add(glimpse); ; time.Sleep(glimpse / 20) {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, syscall.EWOULDBLOCK):
			return fmt.Errorf("locking %s: %w", file.Name(), err)
		case time.Now().After(deadline):
			return fmt.Errorf("%w: %s is locked", ErrDriven, file.Name())
		}
	}
}

// Read yields the events of a run from the first. A torn last line is passed over; what does not verify ends it with ErrDamaged.
func (f *Files) Read(ctx context.Context, run string) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		file, err := os.Open(f.Path(run))
		if errors.Is(err, fs.ErrNotExist) {
			yield(Event{}, fmt.Errorf("%w: %s", ErrNoRun, run))
			return
		}
		if err != nil {
			yield(Event{}, fmt.Errorf("opening the journal: %w", err))
			return
		}
		defer file.Close()
		none := true
		for l, err := range chain(file) {
			none = false
			if err != nil {
				err = fmt.Errorf("%s: %w", file.Name(), err)
			} else {
				err = ctx.Err()
			}
			if !yield(l.event, err) || err != nil {
				return
			}
		}
		if none {
			yield(Event{}, fmt.Errorf("%w: %s has no event", ErrNoRun, run))
		}
	}
}

// SetAside renames a run's file, so that its journal can be begun anew, and gives its new name: the old one with ".damaged" behind
// it. It gives ErrDriven when another process holds the file.
func (f *Files) SetAside(run string) (string, error) {
	file, err := os.OpenFile(f.Path(run), os.O_RDWR, 0)
	if err != nil {
		return "", fmt.Errorf("opening the journal: %w", err)
	}
	defer file.Close()
	if err := lock(file); err != nil {
		return "", err
	}
	to := f.Path(run) + ".damaged"
	for n := 2; ; n++ { // nothing that was set aside before is lost
		if _, err := os.Lstat(to); errors.Is(err, fs.ErrNotExist) {
			break
		}
		to = fmt.Sprintf("%s.damaged.%d", f.Path(run), n)
	}
	if err := os.Rename(f.Path(run), to); err != nil {
		return "", fmt.Errorf("setting the journal aside: %w", err)
	}
	return to, syncDir(f.dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("opening the state directory: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

// NewRun names a run by the time and four letters: 20261122T020311Z-7q2d.
func NewRun(now time.Time, random io.Reader) (string, error) {
	const letters = "abcdefghjkmnpqrstuvwxyz23456789"
	raw := make([]byte, 4)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", fmt.Errorf("naming the run: %w", err)
	}
	for i, b := range raw {
		raw[i] = letters[int(b)%len(letters)]
	}
	return now.UTC().Format("20060102T150405Z") + "-" + string(raw), nil
}
