//go:build lab

package product

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"kea-lockstep/lab"
)

// passwords are the secrets that must not be found anywhere.
func passwords() []string { return []string{lab.KeaPassword, lab.AdminPassword} }

// Sampler looks at the command lines and environments of every process of this machine, and so of every host of the lab, and
// keeps those that hold a secret.
type Sampler struct {
	cancel context.CancelFunc
	done   chan struct{}
	mu     sync.Mutex
	found  []string
}

// Sample looks until Stop.
func Sample(ctx context.Context) *Sampler {
	ctx, cancel := context.WithCancel(ctx)
	s := &Sampler{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		for tick := time.NewTicker(15 * time.Millisecond); ; {
			select {
			case <-tick.C:
				s.look()
			case <-ctx.Done():
				tick.Stop()
				return
			}
		}
	}()
	return s
}

func (s *Sampler) look() {
	names, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		line := string(bytes.ReplaceAll(text, []byte{0}, []byte{' '}))
		if hasSecret(line) && !ofKeaAdmin(line) {
			s.mu.Lock()
			if !slices.Contains(s.found, line) {
				s.found = append(s.found, line)
			}
			s.mu.Unlock()
		}
	}
}

// Stop ends the looking and gives every command line that held a secret, but those of kea-admin's own children.
func (s *Sampler) Stop() []string {
	s.cancel()
	<-s.done
	return s.found
}

// ofKeaAdmin reports whether a command line is one that kea-admin itself makes: the mysql client with --password, and its
// upgrade scripts with the same words.
func ofKeaAdmin(line string) bool {
	return strings.Contains(line, "/kea/scripts/") || strings.HasPrefix(line, "mysql ") || strings.HasPrefix(line, "mariadb ") ||
		strings.HasPrefix(line, "/usr/bin/mysql ") || strings.HasPrefix(line, "/usr/bin/mariadb ")
}

func hasSecret(text string) bool {
	return slices.ContainsFunc(passwords(), func(p string) bool { return strings.Contains(text, p) })
}

// Leaks lists the files below the directories that hold a secret.
func Leaks(dirs ...string) ([]string, error) {
	var found []string
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			switch {
			case os.IsNotExist(err):
				return nil
			case err != nil:
				return err
			case !d.Type().IsRegular(), strings.Contains(path, "/kept/"): // the operator's own files, kept for the way back
				return nil
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if hasSecret(string(text)) {
				found = append(found, path)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("looking for secrets: %w", err)
		}
	}
	return found, nil
}

// HostDirs gives the places on every server where a run could have left a secret: everything of ours, and all logs.
func HostDirs(f *lab.Fleet) []string {
	var dirs []string
	for _, s := range f.Servers {
		for _, dir := range []string{"var/lib/kea-lockstep", "var/log", "tmp", "var/tmp", "root", "etc/systemd", "run/systemd"} {
			dirs = append(dirs, filepath.Join(f.Root(s.Name), dir))
		}
	}
	return dirs
}
