package host

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"kea-lockstep/sim/disk"
	"kea-lockstep/sim/shell"
)

// flags takes the options that a program knows from its arguments; what is not known is said, and status is not 0 then.
func flags(c *shell.Call, known string) (given map[byte]bool, words []string, status int) {
	given = map[byte]bool{}
	for i, a := range c.Args[1:] {
		if a == "--" {
			return given, append(words, c.Args[i+2:]...), 0
		}
		if len(a) < 2 || a[0] != '-' {
			words = append(words, a)
			continue
		}
		for _, letter := range []byte(a[1:]) {
			if strings.IndexByte(known, letter) < 0 {
				return given, words, c.Unknown("the option " + a)
			}
			given[letter] = true
		}
	}
	return given, words, 0
}

// each runs something for each name, and says what went wrong.
func each(c *shell.Call, names []string, do func(name string) error) int {
	status := 0
	for _, name := range names {
		if err := do(c.Path(name)); err != nil {
			status = c.Fail(1, "%v", err)
		}
	}
	return status
}

func (h *Host) cat(c *shell.Call) int {
	if len(c.Args) == 1 {
		if _, err := io.Copy(c.Out(), c.In()); err != nil {
			return c.Fail(1, "%v", err)
		}
		return 0
	}
	return each(c, c.Args[1:], func(name string) error {
		text, err := h.disk.Read(name)
		if err == nil {
			_, err = c.Out().Write(text)
		}
		return err
	})
}

// cp copies one file, with -a as it is.
func (h *Host) cp(c *shell.Call) int {
	given, words, status := flags(c, "a")
	if status != 0 {
		return status
	}
	if len(words) != 2 {
		return c.Unknown("this use of cp")
	}
	from, to := c.Path(words[0]), c.Path(words[1])
	text, err := h.disk.Read(from)
	if err != nil {
		return c.Fail(1, "%v", err)
	}
	info, err := h.disk.Stat(from, true)
	if err != nil {
		return c.Fail(1, "%v", err)
	}
	if at, err := h.disk.Stat(to, true); err == nil && at.Kind == disk.Dir {
		to = path.Join(to, path.Base(from))
	}
	if err := h.disk.Write(to, string(text), info.Mode&^fs.FileMode(c.Umask)); err != nil { //nolint:gosec // nine bits
		return c.Fail(1, "%v", err)
	}
	if given['a'] {
		if err := h.disk.Chmod(to, info.Mode); err != nil {
			return c.Fail(1, "%v", err)
		}
		if err := h.disk.Chown(to, info.Owner); err != nil {
			return c.Fail(1, "%v", err)
		}
	}
	return 0
}

func (h *Host) mv(c *shell.Call) int {
	if len(c.Args) != 3 {
		return c.Unknown("this use of mv")
	}
	if err := h.disk.Rename(c.Path(c.Args[1]), c.Path(c.Args[2])); err != nil {
		return c.Fail(1, "%v", err)
	}
	return 0
}

func (h *Host) rm(c *shell.Call) int {
	given, words, status := flags(c, "rf")
	if status != 0 {
		return status
	}
	return each(c, words, func(name string) error {
		err := h.disk.Remove(name, false, given['r'])
		if given['f'] && disk.Missing(err) {
			return nil
		}
		return err
	})
}

func (h *Host) mkdir(c *shell.Call) int {
	given, words, status := flags(c, "p")
	if status != 0 {
		return status
	}
	mode := fs.FileMode(0o777 &^ c.Umask) //nolint:gosec // nine bits
	return each(c, words, func(name string) error { return h.disk.Mkdir(name, mode, given['p']) })
}

func (h *Host) rmdir(c *shell.Call) int {
	return each(c, c.Args[1:], func(name string) error { return h.disk.Remove(name, true, false) })
}

func (h *Host) ls(c *shell.Call) int {
	_, words, status := flags(c, "")
	if status != 0 {
		return status
	}
	return each(c, words, func(name string) error {
		info, err := h.disk.Stat(name, true)
		if err != nil || info.Kind != disk.Dir {
			if err == nil {
				fmt.Fprintln(c.Out(), name)
			}
			return err
		}
		list, err := h.disk.List(name)
		for _, one := range list {
			fmt.Fprintln(c.Out(), one.Name)
		}
		return err
	})
}

func (h *Host) chmod(c *shell.Call) int {
	if len(c.Args) < 3 {
		return c.Unknown("this use of chmod")
	}
	mode, err := strconv.ParseUint(c.Args[1], 8, 9)
	if err != nil {
		return c.Unknown("the mode " + c.Args[1])
	}
	return each(c, c.Args[2:], func(name string) error { return h.disk.Chmod(name, fs.FileMode(mode)) })
}

func (h *Host) chown(c *shell.Call) int {
	if len(c.Args) < 3 {
		return c.Unknown("this use of chown")
	}
	return each(c, c.Args[2:], func(name string) error { return h.disk.Chown(name, c.Args[1]) })
}

// mktemp makes a file, or with -d a directory, of a name whose last letters are X.
func (h *Host) mktemp(c *shell.Call) int {
	given, words, status := flags(c, "d")
	if status != 0 {
		return status
	}
	if len(words) > 1 {
		return c.Unknown("this use of mktemp")
	}
	name := "/tmp/tmp.XXXXXX"
	if len(words) == 1 {
		name = c.Path(words[0])
	}
	b := make([]byte, 6)
	if _, err := rand.Read(b); err != nil {
		return c.Fail(1, "%v", err)
	}
	name = strings.TrimRight(name, "X") + hex.EncodeToString(b)[:6]
	var err error
	if given['d'] {
		err = h.disk.Mkdir(name, 0o700, false)
	} else {
		err = h.disk.Write(name, "", 0o600)
	}
	if err != nil {
		return c.Fail(1, "%v", err)
	}
	fmt.Fprintln(c.Out(), name)
	return 0
}

// stat is "stat -c FORMAT FILE", and of the networks of processes "stat -L -c FORMAT FILE...".
func (h *Host) stat(c *shell.Call) int {
	if len(c.Args) > 4 && c.Args[1] == "-L" && c.Args[2] == "-c" {
		return each(c, c.Args[4:], func(name string) error {
			fmt.Fprintln(c.Out(), strings.NewReplacer("%i", theNetwork, "%n", name).Replace(c.Args[3]))
			return nil
		})
	}
	if len(c.Args) != 4 || c.Args[1] != "-c" {
		return c.Unknown("this use of stat")
	}
	return each(c, c.Args[3:], func(name string) error {
		info, err := h.disk.Stat(name, false)
		if err != nil {
			return err
		}
		uid, gid, _ := strings.Cut(info.Owner, ":")
		text := strings.NewReplacer("%u", uid, "%g", gid, "%i", strconv.FormatUint(info.Ino, 10), "%Y", strconv.FormatInt(info.Changed.Unix(), 10)).Replace(c.Args[2])
		if strings.Contains(text, "%") {
			return fmt.Errorf("the simulator does not know the format %s", c.Args[2])
		}
		fmt.Fprintln(c.Out(), text)
		return nil
	})
}

// sync has nothing to do for a disk in memory but to see that the files are there.
func (h *Host) sync(c *shell.Call) int {
	return each(c, c.Args[1:], func(name string) error {
		_, err := h.disk.Stat(name, true)
		return err
	})
}

// find is "find DIRECTORY -type f -exec PROGRAM... {} +".
func (h *Host) find(c *shell.Call) int {
	a := c.Args
	if len(a) < 8 || !slices.Equal(a[2:5], []string{"-type", "f", "-exec"}) || !slices.Equal(a[len(a)-2:], []string{"{}", "+"}) {
		return c.Unknown("this use of find")
	}
	var files []string
	var walk func(dir string)
	walk = func(dir string) {
		list, err := h.disk.List(dir)
		if err != nil {
			return
		}
		for _, one := range list {
			switch name := path.Join(dir, one.Name); one.Kind {
			case disk.Dir:
				walk(name)
			case disk.File:
				files = append(files, name)
			}
		}
	}
	walk(c.Path(a[1]))
	if len(files) == 0 {
		return 0
	}
	run, _ := h.Program(a[5])
	if run == nil {
		return c.Fail(1, "%s: not found", a[5])
	}
	inner := *c
	inner.Args = append(slices.Clone(a[5:len(a)-2]), files...)
	return run(&inner)
}

// df is "df -Pk DIRECTORY": there is always room.
func (h *Host) df(c *shell.Call) int {
	if len(c.Args) != 3 || c.Args[1] != "-Pk" {
		return c.Unknown("this use of df")
	}
	fmt.Fprintf(c.Out(), "Filesystem 1024-blocks Used Available Capacity Mounted on\nmemory 20971520 1048576 19922944 5%% /\n")
	return 0
}

// base64 is "base64 -w 0 FILE", and "base64 -d" of standard input.
func (h *Host) base64(c *shell.Call) int {
	if len(c.Args) == 2 && c.Args[1] == "-d" {
		text, err := io.ReadAll(c.In())
		if err == nil {
			text, err = base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
		}
		if err != nil {
			return c.Fail(1, "%v", err)
		}
		fmt.Fprint(c.Out(), string(text))
		return 0
	}
	if len(c.Args) != 4 || c.Args[1] != "-w" || c.Args[2] != "0" {
		return c.Unknown("this use of base64")
	}
	text, err := h.disk.Read(c.Path(c.Args[3]))
	if err != nil {
		return c.Fail(1, "%v", err)
	}
	fmt.Fprint(c.Out(), base64.StdEncoding.EncodeToString(text))
	return 0
}
