//go:build lab

package lab

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestMirrorsComeFromTheMachinesOwnSources(t *testing.T) {
	t.Setenv("KEA_LAB_MIRROR", "")
	t.Setenv("KEA_LAB_SECURITY_MIRROR", "")
	for name, test := range map[string]struct {
		files map[string]string
		want  mirrors
		err   error
	}{
		"deb822": {
			files: map[string]string{"sources.list.d/a.sources": "Types: deb\nURIs: http://one.test/debian/\nSuites: x\n\nURIs: http://one.test/debian-security\n"},
			want:  mirrors{"http://one.test/debian", "http://one.test/debian-security"},
		},
		"one line, with options": {
			files: map[string]string{"sources.list": "# deb http://no.test/debian x\ndeb [arch=amd64 trusted=yes] https://two.test/debian x main\n"},
			want:  mirrors{"https://two.test/debian", "https://two.test/debian-security"},
		},
		"another vendor's": {
			files: map[string]string{"sources.list": "deb http://three.test/node x main\n"},
			err:   ErrNoMirror,
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.Mkdir(filepath.Join(dir, "sources.list.d"), 0o755); err != nil {
				t.Fatal(err)
			}
			for file, text := range test.files {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			got, err := findMirrors(dir)
			if got != test.want || !errors.Is(err, test.err) {
				t.Errorf("got %v, %v; want %v, %v", got, err, test.want, test.err)
			}
		})
	}
}
