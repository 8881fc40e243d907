package ssh_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kea-lockstep/ssh"
	"kea-lockstep/ssh/sshtest"
)

func TestPutAndGet(t *testing.T) {
	needs(t, "sync", "mktemp", "stat")
	h := host(t, sshtest.Start(t, sshtest.Options{}))
	ctx := within(t, 60*time.Second)
	dir := t.TempDir()
	for name, content := range map[string][]byte{
		"empty": {}, "plain": []byte("a\n"), "no line end": []byte("a"), "it's $(id)\nü": {0, 1, 255, '\n', 0},
		"large": bytes.Repeat([]byte{0, '\'', '\n', 0x81}, 300000),
	} {
		path := filepath.Join(dir, name)
		for _, c := range [][]byte{content, []byte("second"), content} {
			if err := h.Put(ctx, ssh.File{Path: path, Mode: 0o640, Content: c}); err != nil {
				t.Fatalf("%q: %v", name, err)
			}
		}
		on, err := os.ReadFile(path)
		info, _ := os.Stat(path)
		if err != nil || !bytes.Equal(on, content) || info.Mode().Perm() != 0o640 {
			t.Errorf("%q: %v, %d bytes on the disk, %v", name, err, len(on), info.Mode())
		}
		if back, err := h.Get(ctx, path, len(content)); err != nil || !bytes.Equal(back, content) {
			t.Errorf("%q: %v, %d bytes back", name, err, len(back))
		}
		if len(content) > 0 {
			if _, err := h.Get(ctx, path, len(content)-1); !errors.Is(err, ssh.ErrFile) {
				t.Errorf("%q over its limit: %v", name, err)
			}
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestPutAndGetThatFail(t *testing.T) {
	needs(t, "sync", "mktemp")
	h := host(t, sshtest.Start(t, sshtest.Options{}))
	ctx := within(t, 60*time.Second)
	dir := t.TempDir()
	real := writeFile(t, dir, "real", "kept")
	link := filepath.Join(dir, "link")
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Get(ctx, filepath.Join(dir, "none"), 10); !errors.Is(err, fs.ErrNotExist) || !errors.Is(err, ssh.ErrFile) {
		t.Errorf("none: %v", err)
	}
	if _, err := h.Get(ctx, dir, 10); !errors.Is(err, ssh.ErrFile) || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a directory: %v", err)
	}
	for _, path := range []string{link, dir, filepath.Join(dir, "no", "such", "directory")} {
		if err := h.Put(ctx, ssh.File{Path: path, Mode: 0o600, Content: []byte("x")}); !errors.Is(err, ssh.ErrFile) {
			t.Errorf("%s: %v", path, err)
		}
	}
	for _, path := range []string{"relative", "/a//b", ""} {
		if err := h.Put(ctx, ssh.File{Path: path, Mode: 0o600}); !errors.Is(err, ssh.ErrConfig) {
			t.Errorf("%q: %v", path, err)
		}
	}
	if text, _ := os.ReadFile(real); string(text) != "kept" {
		t.Errorf("through the link: %q", text)
	}
}

// A connection that breaks off in the middle must not leave half a file in
// place: to the remote cat it looks like the end.
func TestPutThatBreaksOffLeavesTheOldFile(t *testing.T) {
	needs(t, "sync", "mktemp")
	dir := t.TempDir()
	path := writeFile(t, dir, "conf", "old")
	s := sshtest.Start(t, sshtest.Options{Fake: map[string]string{"cat": `head -c 1000; : >` + dir + `/half; exec /bin/cat >/dev/null`}})
	h := host(t, s)
	go func() {
		eventually(t, "half of it", func() bool { return exists(filepath.Join(dir, "half")) })
		s.Cut()
	}()
	err := h.Put(within(t, 20*time.Second), ssh.File{Path: path, Mode: 0o600, Content: bytes.Repeat([]byte("new"), 10<<20)})
	if err == nil {
		t.Error("no error")
	}
	eventually(t, "the temporary file to go", func() bool {
		left, _ := filepath.Glob(filepath.Join(dir, ".conf.*"))
		return len(left) == 0
	})
	if text, _ := os.ReadFile(path); string(text) != "old" {
		t.Errorf("it holds %d bytes", len(text))
	}
}
