//go:build lab

package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// keaConfig is the place of the DHCPv4 configuration on a server.
const keaConfig = "etc/kea/kea-dhcp4.conf"

// writeFiles makes the hosts' file systems and keys, and what describes the fleet to ssh and to the product.
func (f *Fleet) writeFiles() error {
	authorized, err := makeKey(f.Identity(), "lab")
	if err != nil {
		return err
	}
	var known, config strings.Builder
	for _, h := range f.Hosts() {
		if err := f.mountRoot(h.Name); err != nil {
			return err
		}
		line, err := f.writeIdentity(h, authorized)
		if err != nil {
			return fmt.Errorf("making the identity of %s: %w", h.Name, err)
		}
		known.WriteString(line)
		fmt.Fprintf(&config, "Host %s\n  HostName %s\n", h.Name, h.Address)
	}
	fmt.Fprintf(&config, "Host *\n  User root\n  IdentityFile %s\n  IdentitiesOnly yes\n  UserKnownHostsFile %s\n  "+
		"StrictHostKeyChecking yes\n  BatchMode yes\n", f.Identity(), f.KnownHosts())
	if err := os.WriteFile(f.KnownHosts(), []byte(known.String()), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(f.SSHConfig(), []byte(config.String()), 0o644); err != nil {
		return err
	}
	if err := f.enableDatabase(); err != nil {
		return err
	}
	if err := f.writeKea(); err != nil {
		return err
	}
	return render("fleet.yaml.tmpl", f.FleetFile(), 0o644, map[string]any{
		"Name": f.Name, "Target": f.Target, "Servers": f.Servers, "Match": text(f.DB.Address.String() + "/" + f.Access.Database), "Via": f.Via,
		"Witness": f.Witness, "Prober": f.Prober, "PasswordVariable": AdminPasswordVariable,
	})
}

// writeKea gives each server today's configuration, and the fleet's directory the one for the target: the same, for 3.0 with the
// hook library that it keeps the engine's code in.
func (f *Fleet) writeKea() error {
	if err := f.writeCertificates(); err != nil {
		return err
	}
	for _, h := range f.Servers {
		data := map[string]any{
			"Server": h.Name, "Host": f.DB.Address, "Access": f.Access.written(f.Engine), "Engine": f.Engine, "Hook": "", "Output": "output-options",
			"Relays": fmt.Sprintf("%q, %q", f.Prober, f.Witness),
		}
		if olderSuites[f.From] != "" {
			data["Output"] = "output_options" // as it was called up to 2.5
		}
		today := filepath.Join(f.Root(h.Name), keaConfig)
		if err := render("kea-dhcp4.conf.tmpl", today, 0o640, data); err != nil {
			return err
		}
		if err := os.Chmod(today, 0o640); err != nil {
			return err
		}
		if err := giveToKea(f.Root(h.Name), today); err != nil {
			return err
		}
		data["Output"] = "output-options"
		if needsHook(f.Target) {
			data["Hook"] = f.Engine.KeaAdmin()
		}
		staged := f.TargetConfig(h.Name)
		if err := os.MkdirAll(filepath.Dir(staged), 0o755); err != nil {
			return err
		}
		if err := render("kea-dhcp4.conf.tmpl", staged, 0o600, data); err != nil {
			return err
		}
	}
	return nil
}

// TargetConfig is the server's configuration for the target, as fleet.yaml names it.
func (f *Fleet) TargetConfig(server string) string {
	return filepath.Join(f.Dir, "configs", server, "kea-dhcp4.conf")
}

// giveToKea lets the host's group _kea read the file, as an administrator would.
func giveToKea(root, path string) error {
	groups, err := os.ReadFile(filepath.Join(root, "etc/group"))
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(groups)) {
		if fields := strings.Split(line, ":"); len(fields) > 2 && fields[0] == "_kea" {
			var gid int
			if _, err := fmt.Sscan(fields[2], &gid); err != nil {
				return fmt.Errorf("reading the group _kea: %w", err)
			}
			return os.Chown(path, 0, gid)
		}
	}
	return fmt.Errorf("%s has no group _kea", root)
}
