//go:build lab

package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// UnverifiedConfig is, on a server of a fleet on Oracle's MySQL, where its administrator lets MariaDB's programs take the certificate
// that a MySQL makes for itself: they verify by themselves since 11.4.
const UnverifiedConfig = "etc/mysql/conf.d/unverified.cnf"

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
	if err := f.writePlaybook(); err != nil {
		return err
	}
	playbooks := map[string]string{}
	for _, h := range f.Servers {
		playbooks[h.Name] = f.as(h.Name).playbook()
	}
	return render("fleet.yaml.tmpl", f.FleetFile(), 0o644, map[string]any{
		"Fleet": f, "Playbooks": playbooks, "Match": text(f.DB.Address.String() + "/" + f.Access.Database), "PasswordVariable": AdminPasswordVariable,
	})
}

// writeKea gives each daemon today's configuration, and the fleet's directory the one for the target: the same, for 3.0 with the
// hook libraries that it keeps the engines' code in.
func (f *Fleet) writeKea() error {
	if err := f.writeCertificates(); err != nil {
		return err
	}
	for _, h := range f.Servers {
		for _, daemon := range f.Daemons(h.Name) {
			if err := f.writeDaemon(h, daemon); err != nil {
				return err
			}
		}
		if f.Engine == OracleMySQL && !f.Access.TLS {
			if err := os.WriteFile(filepath.Join(f.Root(h.Name), UnverifiedConfig), []byte("[client]\nskip-ssl-verify-server-cert\n"), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *Fleet) writeDaemon(h Host, daemon string) error {
	engines := f.Engines()
	data := map[string]any{
		"Server": h.Name, "Host": f.DB.Address, "Access": f.Access.written(f.Engine), "Leases": engines[0].Kind(), "Hosts": engines[len(engines)-1].Kind(),
		"Relays": fmt.Sprintf("%q, %q", f.Prober, f.Witness), "Hooks": "", "Output": "output-options",
	}
	if olderSuites[f.From] != "" {
		data["Output"] = "output_options" // as it was called up to 2.5
	}
	today := filepath.Join(f.Root(h.Name), "etc/kea", daemon+".conf")
	if err := render(daemon+".conf.tmpl", today, 0o640, data); err != nil {
		return err
	}
	if err := os.Chmod(today, 0o640); err != nil {
		return err
	}
	if err := giveTo(f.group(), f.Root(h.Name), today); err != nil {
		return err
	}
	data["Output"] = "output-options"
	if needsHook(f.Target) {
		var hooks []string
		for _, engine := range engines {
			hooks = append(hooks, fmt.Sprintf(`{ "library": "libdhcp_%s.so" }`, engine.KeaAdmin()))
		}
		data["Hooks"] = strings.Join(hooks, ", ")
	}
	staged := filepath.Join(filepath.Dir(f.TargetConfig(h.Name)), daemon+".conf")
	if err := os.MkdirAll(filepath.Dir(staged), 0o755); err != nil {
		return err
	}
	return render(daemon+".conf.tmpl", staged, 0o600, data)
}

// TargetConfig is the server's DHCPv4 configuration for the target, as fleet.yaml names it.
func (f *Fleet) TargetConfig(server string) string {
	return filepath.Join(f.Dir, "configs", server, DHCPv4+".conf")
}

// giveTo lets a group of the host read the file, as an administrator would.
func giveTo(group, root, path string) error {
	groups, err := os.ReadFile(filepath.Join(root, "etc/group"))
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(groups)) {
		if fields := strings.Split(line, ":"); len(fields) > 2 && fields[0] == group {
			var gid int
			if _, err := fmt.Sscan(fields[2], &gid); err != nil {
				return fmt.Errorf("reading the group %s: %w", group, err)
			}
			return os.Chown(path, 0, gid)
		}
	}
	return fmt.Errorf("%s has no group %s", root, group)
}
