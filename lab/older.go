//go:build lab

package lab

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// An older base is one with an older release of Kea laid over it: a directory beside the base, with what changes of each host in
// layers, packages and programs of its own, and the base's place in under. It is built when a Spec asks for it, and keeps
// nobody else waiting.

// olderSuites says which release of Debian has a Kea that runs on the hosts as it is.
var olderSuites = map[string]string{"2.2.0": "bookworm"}

// EnsureOlder returns the base whose hosts have Kea of the version, and databases as that makes them. It takes less than a minute
// where it is built.
func EnsureOlder(ctx context.Context, version string, log io.Writer) (Base, error) {
	under, err := EnsureBase(ctx, log)
	if err != nil {
		return Base{}, err
	}
	base, err := olderBase(under, version)
	if err != nil {
		return Base{}, err
	}
	if _, err := os.Stat(base.Dir); err == nil {
		return base, nil
	}
	from, err := findMirrors("/etc/apt")
	if err != nil {
		return Base{}, err
	}
	return base, withLock(filepath.Join(CacheDir(), "lock"), func() error {
		if _, err := os.Stat(base.Dir); err == nil {
			return nil
		}
		return buildOlder(ctx, base.Dir, under, version, from, log)
	})
}

// olderSteps are the scripts of the recipe that run one after another in one mount namespace.
func olderSteps() []string { return []string{"older", "mysql", "postgresql"} }

func olderBase(under Base, version string) (Base, error) {
	script, err := recipe.ReadFile("recipe/older.sh")
	if err != nil {
		return Base{}, err
	}
	return Base{Dir: fmt.Sprintf("%s-%s-%x", under.Dir, version, sha256.Sum256(script))[:len(under.Dir)+len(version)+10]}, nil
}

func buildOlder(ctx context.Context, dir string, under Base, version string, from mirrors, log io.Writer) error {
	fmt.Fprintf(log, "lab: laying Kea %s over the base\n", version)
	var script bytes.Buffer
	for _, step := range olderSteps() {
		text, err := recipe.ReadFile("recipe/" + step + ".sh")
		if err != nil {
			return err
		}
		script.Write(text)
	}
	return assemble(dir, seed(), func(out, files string) error {
		return runScript(ctx, "older", script.Bytes(), "OUT="+out, "UNDER="+under.Dir, "FILES="+files, "MIRROR="+from.main,
			"OLDER_SUITE="+olderSuites[version], "OLDER_VERSION="+version, "KEA_PACKAGES="+keaPackages, "KEA_PASSWORD="+KeaPassword)
	})
}

// lower is what a host of that kind is laid over, as overlayfs wants it.
func (b Base) lower(kind string) string {
	layer := filepath.Join(b.Dir, "layers", kind)
	if _, err := os.Stat(layer); err != nil {
		return filepath.Join(b.Dir, kind)
	}
	return layer + ":" + filepath.Join(b.Dir, "under", kind)
}

// under is the base that an older one stands on; the base itself where it stands on none.
func (b Base) under() string {
	if below, err := os.Readlink(filepath.Join(b.Dir, "under")); err == nil {
		return below
	}
	return b.Dir
}

// needsHook says whether a release of Kea has the engines' code in hook libraries (2.7.4 and later).
func needsHook(version string) bool { return strings.HasPrefix(version, "3.") }
