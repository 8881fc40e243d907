//go:build lab

package lab

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// mirrors are the two package archives that this machine itself uses: the main one and the security one.
type mirrors struct{ main, security string }

// ErrNoMirror says that this machine's apt sources name no Debian archive; KEA_LAB_MIRROR can name one.
var ErrNoMirror = errors.New("no Debian archive in this machine's apt sources: set KEA_LAB_MIRROR (and KEA_LAB_SECURITY_MIRROR)")

// findMirrors reads the machine's apt sources, in both of their formats. The lab brings no archive's address of its own.
func findMirrors(dir string) (mirrors, error) {
	found := mirrors{main: os.Getenv("KEA_LAB_MIRROR"), security: os.Getenv("KEA_LAB_SECURITY_MIRROR")}
	files, _ := filepath.Glob(filepath.Join(dir, "sources.list.d", "*"))
	for _, file := range append([]string{filepath.Join(dir, "sources.list")}, files...) {
		data, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for _, uri := range archiveURIs(file, data) {
			path := strings.TrimRight(uri, "/")
			switch {
			case found.main == "" && strings.HasSuffix(path, "/debian"):
				found.main = path
			case found.security == "" && strings.HasSuffix(path, "/debian-security"):
				found.security = path
			}
		}
	}
	if found.main == "" {
		return mirrors{}, ErrNoMirror
	}
	if found.security == "" {
		// An archive that holds Debian usually holds its security updates beside it.
		found.security = strings.TrimSuffix(found.main, "/debian") + "/debian-security"
	}
	return found, nil
}

func archiveURIs(name string, data []byte) []string {
	var uris []string
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 {
			continue
		}
		if strings.HasSuffix(name, ".sources") {
			if fields[0] == "URIs:" {
				uris = append(uris, fields[1:]...)
			}
			continue
		}
		if fields[0] == "deb" {
			at := slices.IndexFunc(fields, func(f string) bool { return strings.Contains(f, "://") })
			if at > 0 {
				uris = append(uris, fields[at])
			}
		}
	}
	return uris
}
