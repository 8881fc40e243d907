package host

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"kea-lockstep/sim/shell"
)

// packages are those of Kea, all of one version.
var packages = []string{"kea-admin", "kea-common", "kea-dhcp4-server"}

// dpkgQuery is "dpkg-query -W -f FORMAT [PACKAGE...]".
func (h *Host) dpkgQuery(c *shell.Call) int {
	if len(c.Args) < 4 || c.Args[1] != "-W" || c.Args[2] != "-f" {
		return c.Unknown("this use of dpkg-query")
	}
	asked := c.Args[4:]
	if len(asked) == 0 {
		asked = packages
	}
	_, version, _ := h.world.Installed()
	abbreviated, status := "ii ", "installed"
	if h.world.Half() {
		abbreviated, status = "iF ", "half-configured"
	}
	for _, name := range asked {
		if !slices.Contains(packages, name) {
			return c.Fail(1, "no packages found matching %s", name)
		}
		fmt.Fprint(c.Out(), strings.NewReplacer(
			"${Package}", name, "${Version}", version, "${source:Package}", "isc-kea", "${db:Status-Abbrev}", abbreviated,
			"${db:Status-Status}", status, `\t`, "\t", `\n`, "\n").Replace(c.Args[3]))
	}
	return 0
}

// aptCache is "apt-cache madison PACKAGE...".
func (h *Host) aptCache(c *shell.Call) int {
	if len(c.Args) < 3 || c.Args[1] != "madison" {
		return c.Unknown("this use of apt-cache")
	}
	all := h.world.Available()
	slices.Reverse(all)
	for _, name := range c.Args[2:] {
		for _, version := range all {
			fmt.Fprintf(c.Out(), "%10s | %s | http://deb.example simulated/main amd64 Packages\n", name, version)
		}
	}
	return 0
}

// aptMark is "apt-mark showhold": nothing is held.
func aptMark(c *shell.Call) int {
	if len(c.Args) < 2 || c.Args[1] != "showhold" {
		return c.Unknown("this use of apt-mark")
	}
	return 0
}

// aptGet simulates an installation, or fetches the packages of one.
func (h *Host) aptGet(c *shell.Call) int {
	simulate, fetch, dir := false, false, ""
	var words []string
	for i := 1; i < len(c.Args); i++ {
		switch a := c.Args[i]; {
		case a == "--simulate":
			simulate = true
		case a == "--download-only":
			fetch = true
		case a == "-o" && i+1 < len(c.Args):
			i++
			if to, ok := strings.CutPrefix(c.Args[i], "Dir::Cache::archives="); ok {
				dir = to
			}
		case slices.Contains([]string{"--quiet", "--quiet=2", "--yes", "--allow-downgrades", "--reinstall"}, a):
		case strings.HasPrefix(a, "-"):
			return c.Unknown("the option " + a)
		default:
			words = append(words, a)
		}
	}
	if len(words) < 2 || words[0] != "install" || simulate == fetch {
		return c.Unknown("this use of apt-get")
	}
	if fetch && h.fault("prefetch") {
		return c.Fail(100, "Failed to fetch http://deb.example/kea: connection timed out (as was asked for)")
	}
	_, installed, _ := h.world.Installed()
	for _, word := range words[1:] {
		name, version, _ := strings.Cut(word, "=")
		if !slices.Contains(packages, name) || !slices.Contains(h.world.Available(), version) {
			return c.Fail(100, "Version '%s' for '%s' was not found", version, name)
		}
		if simulate {
			fmt.Fprintf(c.Out(), "Inst %s [%s] (%s simulated [amd64])\n", name, installed, version)
			continue
		}
		file := path.Join(dir, fmt.Sprintf("%s_%s_amd64.deb", name, version))
		if err := h.disk.Write(file, "a package of the simulator\n", 0o644); err != nil {
			return c.Fail(100, "%v", err)
		}
	}
	return 0
}

// dpkg is "dpkg ... --install FILE..." and "dpkg ... --configure --pending".
func (h *Host) dpkg(c *shell.Call) int {
	var files []string
	verb := ""
	for _, a := range c.Args[1:] {
		switch {
		case a == "--install" || a == "--configure":
			verb = a
		case a == "--force-confold" || a == "--force-confdef" || a == "--pending":
		case strings.HasPrefix(a, "-"):
			return c.Unknown("the option " + a)
		default:
			files = append(files, a)
		}
	}
	if verb == "--configure" {
		return 0
	}
	if verb == "" || len(files) == 0 {
		return c.Unknown("this use of dpkg")
	}
	version := ""
	for _, file := range files {
		part := strings.Split(strings.TrimSuffix(path.Base(file), ".deb"), "_")
		if _, err := h.disk.Stat(c.Path(file), true); err != nil || len(part) != 3 {
			return c.Fail(2, "cannot access archive '%s'", file)
		}
		if version != "" && version != part[1] {
			return c.Unknown("packages of several versions at once")
		}
		version = part[1]
	}
	if h.fault("install") {
		return c.Fail(1, "error processing archive %s (--install): no space left on device (as was asked for)", files[0])
	}
	if err := h.world.Install(c.Ctx, version); err != nil {
		return c.Fail(1, "%v", err)
	}
	if err := h.unpack(); err != nil {
		return c.Fail(1, "%v", err)
	}
	for _, file := range files {
		name, _, _ := strings.Cut(path.Base(file), "_")
		fmt.Fprintf(c.Out(), "Setting up %s (%s) ...\n", name, version)
	}
	return 0
}
