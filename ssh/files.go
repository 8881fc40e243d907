package ssh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
)

// File is a file to be put on a server.
type File struct {
	Path    string // absolute, clean; its directory exists, it is no symbolic link
	Mode    fs.FileMode
	Owner   string // as for chown(1); "": the present file's, else root
	Content []byte
	Guard   *Guard
}

// Put writes a file as root, so that at every moment, power cuts included, the
// path holds the old content or the new.
//
// Errors: those of Run, and ErrFile.
func (h *Host) Put(ctx context.Context, f File) error {
	title := "put " + f.Path
	if err := checkPath(f.Path); err != nil {
		return h.fail(title, ErrConfig, err)
	}
	r, err := h.Run(ctx, Command{Title: title, Script: putSh, Root: true, Guard: f.Guard, Stdin: bytes.NewReader(f.Content),
		Params: []Param{{"path", f.Path}, {"mode", fmt.Sprintf("%04o", f.Mode.Perm())}, {"owner", f.Owner},
			{"size", strconv.Itoa(len(f.Content))}}})
	if err == nil && r.Status != 0 {
		return h.fileError(title, r, nil)
	}
	return err
}

// Get reads a file of at most limit bytes as root.
//
// Errors: those of Run, and ErrFile, with fs.ErrNotExist where there is none.
func (h *Host) Get(ctx context.Context, name string, limit int) ([]byte, error) {
	title := "get " + name
	if err := checkPath(name); err != nil {
		return nil, h.fail(title, ErrConfig, err)
	}
	r, err := h.Run(ctx, Command{Title: title, Script: getSh, Root: true, Limit: 2 * (limit + 1024),
		Params: []Param{{"path", name}, {"limit", strconv.Itoa(limit + 1)}}})
	switch {
	case err != nil:
		return nil, err
	case r.Status == 2:
		return nil, h.fileError(title, r, fs.ErrNotExist)
	case r.Status == 13:
		return nil, h.fileError(title, r, fs.ErrPermission)
	case r.Status != 0:
		return nil, h.fileError(title, r, nil)
	case len(r.Stdout) > limit:
		return nil, h.fileError(title, r, fmt.Errorf("longer than %d bytes", limit))
	}
	return r.Stdout, nil
}

func (h *Host) fileError(title string, r Result, cause error) error {
	e := h.fail(title, ErrFile, cause)
	e.Saw = glimpse(r.Stderr)
	return e
}

func checkPath(p string) error {
	if !path.IsAbs(p) || path.Clean(p) != p || p == "/" {
		return errors.New("the path is not absolute and clean")
	}
	return nil
}
