package kea

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// In reports whether the release has a daemon of this kind: the control agent ended with 3.1.8 (ChangeLog 2458). An unknown
// version has them all.
func (k DaemonKind) In(v Version) bool {
	if k != CtrlAgent || v == (Version{}) {
		return true
	}
	gone, err := ParseVersion("3.1.8")
	return err != nil || v.Compare(gone) < 0
}

// DaemonOf gives the daemon that a package is there for, by its name as Debian and ISC have it ("kea-ctrl-agent", "isc-kea-dhcp4").
func DaemonOf(pkg string) (DaemonKind, bool) {
	name := DaemonKind(strings.TrimSuffix(strings.TrimPrefix(pkg, "isc-"), "-server"))
	return name, name.section() != ""
}

// OfPackage is the Kea version that a distribution's package version carries: "3.0.3-1~bpo13+1" and "1:3.0.3-isc20260325" are
// 3.0.3. The zero version when there is none to be read.
func OfPackage(version string) Version {
	if _, rest, ok := strings.Cut(version, ":"); ok {
		version = rest
	}
	v, err := ParseVersion(numbers.FindString(version))
	if err != nil {
		return Version{}
	}
	return v
}

var numbers = regexp.MustCompile(`^\d+\.\d+\.\d+`)

// SQLInHooks reports whether the release speaks to SQL databases by hook libraries: since 2.7.4 (ChangeLog 2289).
func SQLInHooks(on Version) bool {
	since, err := ParseVersion("2.7.4")
	return err == nil && on.Compare(since) >= 0
}

// NeedsHook gives the engines whose database hook the configuration must load to run on the release and does not.
func NeedsHook(c Config, on Version) []Engine {
	if !SQLInHooks(on) {
		return nil
	}
	var needs []Engine
	for _, ref := range c.Databases {
		loads := slices.ContainsFunc(c.Hooks, func(h Hook) bool { return path.Base(h.Library) == ref.Engine.hookLibrary() })
		if !loads && !slices.Contains(needs, ref.Engine) {
			needs = append(needs, ref.Engine)
		}
	}
	return needs
}
