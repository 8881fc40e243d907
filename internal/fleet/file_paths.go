package fleet

import (
	"path/filepath"
	"strings"
)

// resolve makes the paths of this machine absolute: relative to the directory
// of the fleet file, ~/ in the home directory. Backup directory and
// commands are of the servers and stay.
func (f *File) resolve(directory, home string) error {
	paths := []*string{&f.SSH.Identity, &f.SSH.KnownHosts, &f.SSH.Config}
	var commands [][]string
	for i := range f.Databases {
		d := &f.Databases[i]
		for _, a := range []*Account{d.Admin, d.Owner} {
			if a != nil {
				paths = append(paths, &a.Password.File)
				commands = append(commands, a.Password.Command)
			}
		}
	}
	for _, l := range f.Notify {
		commands = append(commands, l.Exec)
		if l.Webhook != nil {
			paths = append(paths, &l.Webhook.File)
		}
	}
	for _, c := range commands { // a bare name is looked up in PATH
		if len(c) > 0 && strings.Contains(c[0], "/") {
			paths = append(paths, &c[0])
		}
	}
	for _, p := range paths {
		if err := f.resolvePath(p, directory, home); err != nil {
			return err
		}
	}
	for i, s := range f.Servers {
		if strings.Contains(s.Playbook, "/") { // else it is one of this program's
			if err := f.resolvePath(&f.Servers[i].Playbook, directory, home); err != nil {
				return err
			}
		}
		for on, staged := range s.Config {
			if err := f.resolvePath(&staged.File, directory, home); err != nil {
				return err
			}
			s.Config[on] = staged
		}
	}
	return nil
}

func (f *File) resolvePath(p *string, directory, home string) error {
	switch rest, inHome := strings.CutPrefix(*p, "~/"); {
	case *p == "" || filepath.IsAbs(*p):
	case inHome && home == "":
		return &FileError{Path: f.Path, Message: "the home directory is not known, so " + *p + " cannot be found"}
	case inHome:
		*p = filepath.Join(home, rest)
	default:
		*p = filepath.Join(directory, *p)
	}
	return nil
}
