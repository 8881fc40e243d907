//go:build lab

package product

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kea-lockstep/lab"
)

// passwords are the secrets that must not be found anywhere.
func passwords() []string { return []string{lab.KeaPassword, lab.AdminPassword, lab.SudoPassword} }

// HasSecret reports whether a text holds one of the fleet's passwords.
func HasSecret(text string) bool {
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
			case !d.Type().IsRegular(), kept(path):
				return nil
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if HasSecret(string(text)) {
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

// kept reports whether a file is one of the operator's own, kept for the way back.
func kept(path string) bool { return strings.Contains(path, "/kept/") }

// HostDirs gives the places on every server's disk where a run could have left a secret: everything of ours, and all logs. What a
// server has in its memory (/run, /tmp) cannot be seen from outside: LeaksInside looks there.
func HostDirs(f *lab.Fleet) []string {
	var dirs []string
	for _, s := range f.Servers {
		for _, dir := range []string{"var/lib/kea-lockstep", "var/log", "var/tmp", "root", "etc/systemd"} {
			dirs = append(dirs, filepath.Join(f.Root(s.Name), dir))
		}
	}
	return dirs
}

// today is the configuration of a server: the one file that has a password, which shows that the search finds what is there.
const today = "/etc/kea/kea-dhcp4.conf"

// searchFiles prints the files of a server that hold a secret. The secrets come on a descriptor: they are in no argument, and in no
// file that could be found. A file may go while it is looked for.
const searchFiles = `grep -rlsF -D skip -f /dev/fd/3 /etc/kea /etc/systemd /run /tmp /var/tmp /dev/shm /root /var/lib/kea-lockstep 3<<'END' || true
%s
END
`

// searchJournal prints the lines of every field of a server's journal that hold a secret, as journalctl unpacks them: on the disk a long
// one is compressed. The first line of all says how many entries there are.
const searchJournal = `journalctl --no-pager --output=cat | wc -l
journalctl --all --no-pager --output=export | grep -aF -f /dev/fd/3 3<<'END' || true
%s
END
`

// LeaksInside looks for secrets on every server from its own inside, in its files and in its journal, and says where one was found.
func LeaksInside(ctx context.Context, f *lab.Fleet) ([]string, error) {
	secrets := strings.Join(passwords(), "\n")
	var found []string
	for _, s := range f.Servers {
		files, err := f.Run(ctx, s.Name, fmt.Sprintf(searchFiles, secrets))
		if err != nil {
			return nil, fmt.Errorf("looking for secrets: %w", err)
		}
		journal, err := f.Run(ctx, s.Name, fmt.Sprintf(searchJournal, secrets))
		if err != nil {
			return nil, fmt.Errorf("looking for secrets: %w", err)
		}
		leaks, err := inside(files, journal)
		if err != nil {
			return nil, fmt.Errorf("looking for secrets: %s: %w", s.Name, err)
		}
		for _, leak := range leaks {
			found = append(found, s.Name+": "+leak)
		}
	}
	return found, nil
}

// inside reads what the two searches of a server printed.
func inside(files, journal string) ([]string, error) {
	var leaks []string
	sure := false
	for path := range strings.Lines(files) {
		path = strings.TrimSuffix(path, "\n")
		switch {
		case path == today:
			sure = true
		case !kept(path):
			leaks = append(leaks, path)
		}
	}
	if !sure {
		return nil, fmt.Errorf("the search did not find the password in %s, so it finds nothing: %q", today, files)
	}
	entries, lines, _ := strings.Cut(journal, "\n")
	if entries == "0" || entries == "" {
		return nil, errors.New("the journal is empty")
	}
	for line := range strings.Lines(lines) {
		leaks = append(leaks, "in the journal: "+strings.TrimSuffix(line, "\n"))
	}
	return leaks, nil
}
