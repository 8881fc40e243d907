//go:build lab

package lab

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// alpineSources is where git finds the source of Alpine's own programs; KEA_LAB_ALPINE names another place.
const alpineSources = "https://gitlab.alpinelinux.org/alpine"

// beside finds what the fleet's hosts are laid over where that is not the base.
func (f *Fleet) beside(ctx context.Context, base Base, log io.Writer) (err error) {
	if f.Engine == OracleMySQL {
		if f.DBBase, err = ensureBeside(ctx, base, "oracle-mysql", oracleSeed(), log); err != nil {
			return err
		}
	}
	if f.Origin != Debian {
		if f.KeaBase, err = hostsOf(ctx, base, f.Origin, log); err != nil {
			return err
		}
	}
	switch f.Last {
	case f.Origin:
		f.LastKea = f.KeaBase
	case Debian:
		f.LastKea = ""
	default:
		f.LastKea, err = hostsOf(ctx, base, f.Last, log)
	}
	return err
}

// hostsOf is ensureBeside for servers. Where keactrl starts Kea they are made from those with Kea from source.
func hostsOf(ctx context.Context, base Base, o Origin, log io.Writer) (string, error) {
	if o == Keactrl {
		source, err := ensureBeside(ctx, base, string(Source), nil, log)
		if err != nil {
			return "", err
		}
		base = Base{Dir: source}
	}
	return ensureBeside(ctx, base, string(o), nil, log)
}

// ensureBeside returns a directory with hosts that a base does not have, which one step more of the recipe makes from it, and
// builds it where this machine does not have it yet: one to three minutes. Only fleets that ask for such hosts need it.
func ensureBeside(ctx context.Context, base Base, step string, seed []string, log io.Writer) (string, error) {
	sum := sha256.New()
	if err := hashFiles(sum, append(seed, "recipe/"+step+".sh")); err != nil {
		return "", err
	}
	dir := fmt.Sprintf("%s-%s-%x", base.Dir, step, sum.Sum(nil)[:6])
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	from, err := findMirrors("/etc/apt")
	if err != nil {
		return "", err
	}
	return dir, withLock(filepath.Join(CacheDir(), "lock"), func() error {
		if _, err := os.Stat(dir); err == nil {
			return nil
		}
		return build(ctx, dir, seed, []string{step}, from, log, "BASE="+base.Dir, "ALPINE="+cmp.Or(os.Getenv("KEA_LAB_ALPINE"), alpineSources))
	})
}
