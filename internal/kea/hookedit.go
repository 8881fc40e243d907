package kea

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Edit is a change of one file: the configuration's own, or one it includes.
type Edit struct {
	File     string
	Old, New []byte
}

// Changed reports whether there is anything to write.
func (e Edit) Changed() bool { return !bytes.Equal(e.Old, e.New) }

// AddDatabaseHook adds to the text of a configuration the hook libraries that
// Kea needs for these engines since 2.7.4, and changes not one byte else. An
// entry of the removed libdhcp_mysql_cb.so or libdhcp_pgsql_cb.so becomes
// that of the library that took its place. New entries come first in
// hooks-libraries, because libdhcp_legal_log.so wants its backend loaded
// before it. Done again, it changes nothing.
//
// It is for a text that includes no other file; see EditDatabaseHook.
func AddDatabaseHook(text []byte, engines []Engine, hooksDir string) (newText []byte, changed bool, err error) {
	edit, err := EditDatabaseHook("configuration", text, nil, engines, hooksDir)
	if err != nil {
		return nil, false, err
	}
	return edit.New, edit.Changed(), nil
}

// EditDatabaseHook is AddDatabaseHook for a configuration that may include
// others: the change is made in the file that holds the beginning of
// hooks-libraries, and where there is none, in the one that holds the
// beginning of Dhcp4 or Dhcp6. The hooksDir is where the libraries are on that
// server; with "" they are named without a directory, which 2.7.9 and later accept.
func EditDatabaseHook(path string, text []byte, include func(string) ([]byte, error), engines []Engine, hooksDir string) (Edit, error) {
	root, _, err := parse(path, text, refusing(include))
	if err != nil {
		return Edit{}, err
	}
	daemon, top, err := findSection(root)
	if err != nil {
		return Edit{}, err
	}
	if !daemon.UsesDatabase() {
		return Edit{File: path, Old: text, New: text}, nil
	}
	f := &fields{}
	hooks := f.sections(top, "hooks-libraries")
	libraries := make([]*node, 0, len(hooks))
	for _, h := range hooks {
		if library := f.value(h, "library", stringNode, "text in double quotes"); library != nil {
			libraries = append(libraries, library)
		}
	}
	if f.err != nil {
		return Edit{}, f.err
	}
	changes, missing, err := replaceRemoved(libraries, engines)
	if err != nil {
		return Edit{}, err
	}
	if len(missing) > 0 {
		changes = append(changes, insertHooks(top, missing, hooksDir))
	}
	return apply(path, text, changes)
}

// change replaces the bytes between two marks of one source.
type change struct {
	start mark
	end   int
	text  string
}

// replaceRemoved renames the libraries that 2.7.4 removed, and tells for which
// engines no library is named at all.
func replaceRemoved(libraries []*node, engines []Engine) (changes []change, missing []Engine, err error) {
	for _, e := range []Engine{MySQL, PostgreSQL} {
		removed := indexOfLibrary(libraries, e.removedLibrary())
		present := indexOfLibrary(libraries, e.hookLibrary())
		switch {
		case removed >= 0 && present >= 0:
			return nil, nil, libraries[removed].start.errorf("%s no longer exists and %s is already there: take this entry out", e.removedLibrary(), e.hookLibrary())
		case removed >= 0:
			library := libraries[removed]
			newPath := strings.TrimSuffix(library.text, e.removedLibrary()) + e.hookLibrary()
			changes = append(changes, change{library.start, library.end.offset, quote(newPath)})
		case present < 0 && slices.Contains(engines, e):
			missing = append(missing, e)
		}
	}
	return changes, missing, nil
}

func indexOfLibrary(libraries []*node, file string) int {
	return slices.IndexFunc(libraries, func(n *node) bool { return path.Base(n.text) == file })
}

// insertHooks makes the change that puts the libraries first in
// hooks-libraries, or makes that list the first member of the daemon's map.
func insertHooks(top *node, engines []Engine, hooksDir string) change {
	entries := make([]string, len(engines))
	for i, e := range engines {
		entries[i] = `{ "library": ` + quote(path.Join(hooksDir, e.hookLibrary())) + ` }`
	}
	if list := top.get("hooks-libraries"); list != nil && list.kind == listNode {
		return insertFirst(list, len(list.items) == 0, entries)
	}
	list := `"hooks-libraries": [ ` + strings.Join(entries, ", ") + ` ]`
	return insertFirst(top, len(top.members) == 0, []string{list})
}

var errTwoFiles = errors.New("the hook libraries are spread over several files")

// apply makes the changes, all of which must be in one file.
func apply(path string, text []byte, changes []change) (Edit, error) {
	if len(changes) == 0 {
		return Edit{File: path, Old: text, New: text}, nil
	}
	src := changes[0].start.src
	slices.SortFunc(changes, func(a, b change) int { return a.start.offset - b.start.offset })
	var out bytes.Buffer
	done := 0
	for _, c := range changes {
		if c.start.src.path != src.path {
			return Edit{}, fmt.Errorf("%s and %s: %w", src.path, c.start.src.path, errTwoFiles)
		}
		out.Write(src.text[done:c.start.offset])
		out.WriteString(c.text)
		done = c.end
	}
	out.Write(src.text[done:])
	return Edit{File: src.path, Old: src.text, New: out.Bytes()}, nil
}
