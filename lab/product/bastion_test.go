//go:build lab

package product_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"kea-lockstep/lab"
	"kea-lockstep/lab/labtest"
	"kea-lockstep/lab/product"
	"kea-lockstep/lab/witness"
)

// sudoVariable is where the fleet file takes the login's password from.
const sudoVariable = "KEA_LAB_SUDO_PASSWORD"

// operators is what a server looks like on which root cannot log in: sshd listens on port 2222 and lets ops in, from the bastion
// alone, and sudo wants its password each time.
const operators = `set -e
useradd --create-home --shell /bin/bash ops
printf 'ops:%%s\n' '%s' | chpasswd
install -d -o ops -g ops -m 700 /home/ops/.ssh
install -o ops -g ops -m 600 /root/.ssh/authorized_keys /home/ops/.ssh/authorized_keys
printf 'ops ALL=(root) /bin/sh\nDefaults timestamp_timeout=0, use_pty\n' >/etc/sudoers.d/ops
chmod 440 /etc/sudoers.d/ops
visudo --check
printf 'Port 2222\nPermitRootLogin no\nAllowUsers ops@%s\n' >/etc/ssh/sshd_config.d/ops.conf
systemctl restart ssh.service
`

// bastion is an account of the database's host that may only forward, on an sshd as it is installed.
const bastion = `set -e
useradd --create-home --shell /usr/sbin/nologin jump
install -d -o jump -g jump -m 700 /home/jump/.ssh
install -o jump -g jump -m 600 /root/.ssh/authorized_keys /home/jump/.ssh/authorized_keys
printf 'AllowUsers jump\n' >/etc/ssh/sshd_config.d/jump.conf
systemctl restart ssh.service
`

// behindBastion puts a fleet behind one, and gives the tool the configuration of ssh that leads there.
func behindBastion(t *testing.T, f *lab.Fleet) product.Tool {
	t.Helper()
	labtest.Must(t, f, f.DB.Name, bastion)
	known, err := os.ReadFile(f.KnownHosts())
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf("Host bastion\n  HostName %s\n  User jump\nHost k*\n  User ops\n  Port 2222\n  ProxyJump bastion\n", f.DB.Address)
	knownThere := string(known)
	for _, s := range f.Servers {
		labtest.Must(t, f, s.Name, fmt.Sprintf(operators, lab.SudoPassword, f.DB.Address))
		config += fmt.Sprintf("Host %s\n  HostName %s\n", s.Name, s.Address)
		knownThere = regexp.MustCompile(`(?m)^`+regexp.QuoteMeta(s.Address.String())+`,\S+`).ReplaceAllString(knownThere, fmt.Sprintf("[%s]:2222", s.Address))
	}
	write := func(name, text string) string {
		path := filepath.Join(f.Dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	hosts := write("known_behind", knownThere)
	if out, err := exec.CommandContext(t.Context(), "ssh-keygen", "-q", "-H", "-f", hosts).CombinedOutput(); err != nil {
		t.Fatalf("hashing %s: %v: %s", hosts, err, out)
	}
	config += fmt.Sprintf("Host *\n  IdentityFile %s\n  IdentitiesOnly yes\n  UserKnownHostsFile %s\n", f.Identity(), hosts)
	file, err := os.ReadFile(f.FleetFile())
	if err != nil {
		t.Fatal(err)
	}
	text := string(file)
	for _, s := range f.Servers {
		text = strings.Replace(text, "ssh: root@"+s.Address.String()+"\n", "ssh: "+s.Name+"\n", 1)
	}
	text = strings.Replace(text, "  identity: id_ed25519\n  known_hosts: known_hosts\n",
		fmt.Sprintf("  config: %s\n  sudo_password: { env: %s }\n", write("ssh_behind", config), sudoVariable), 1)
	p := tool(t, f)
	p.Fleet = write("behind.yaml", text)
	p.Env = append(p.Env, sudoVariable+"="+lab.SudoPassword)
	return p
}

// meets answers what a first contact asks: the bastion's key, then each server's. Without a terminal nothing is trusted, and so nobody reached.
func meets(t *testing.T, f *lab.Fleet, p product.Tool) {
	t.Helper()
	config := filepath.Join(f.Dir, "ssh_behind")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	known, met := filepath.Join(f.Dir, "known_behind"), filepath.Join(f.Dir, "met")
	stranger := strings.Replace(string(text), known, met, 1)
	if err := os.WriteFile(config, []byte(stranger), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := run(t, p, 0, "survey"); !out.Says("host key is not known") || !out.Says("jump host bastion") {
		t.Errorf("a stranger: %s", out)
	}
	if _, err := os.Stat(met); err == nil {
		t.Error("a key was trusted that nobody was asked about")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	tty, err := product.Start(p.Command(ctx, "survey"))
	if err != nil {
		t.Fatal(err)
	}
	mark := 0
	for range len(f.Servers) + 1 {
		if mark, err = tty.Await(ctx, mark, "[yes/no] "); err != nil {
			t.Fatal(err)
		}
		if err := tty.Type("yes"); err != nil {
			t.Fatal(err)
		}
	}
	if code := tty.Wait(); code != 0 {
		t.Errorf("exit %d", code)
	}
	for _, h := range f.Hosts() {
		shown := strings.Fields(labtest.Must(t, f, h.Name, "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"))
		if len(shown) < 2 || !strings.Contains(tty.Text(), shown[1]) {
			t.Errorf("the fingerprint of %s was not shown: %q\n%s", h.Name, shown, tty.Text())
		}
	}
	if t.Failed() {
		t.Log(tty.Text())
	}
	run(t, p, 0, "survey")
}

// TestFleetBehindABastion: servers that are reached through a jump host, on a port of their own, as an account whose sudo wants a
// password. They are met for the first time, and each command logs in to the jump host once.
func TestFleetBehindABastion(t *testing.T) {
	f := labtest.Up(t, spec())
	p := behindBastion(t, f)
	meets(t, f, p)
	logins := func() int { return loginsTo(t, f, f.DB.Name) }
	once := func(code int, args ...string) product.Output {
		t.Helper()
		before := logins()
		out := run(t, p, code, args...)
		if n := logins() - before; n != 1 {
			t.Errorf("%s: %d logins to the bastion, want 1", args[0], n)
		}
		return out
	}
	all := []product.Output{once(0, "survey"), once(0, "check")}
	sampler := product.Sample(t.Context())
	watched(t, f, func() { all = append(all, once(0, "upgrade", "--to", "3.0.3", "--yes")) })
	for _, line := range sampler.Stop() {
		if strings.Contains(line, lab.SudoPassword) { // whose are the others, TestFleetOfThree knows
			t.Errorf("a password on a command line: %q", line)
		}
	}
	atRest(t, f, "3.0.3", witness.Expects(lab.Engine(*engineName), "3.0.3"))
	all = append(all, once(0, "check"), run(t, p, 0, "status"))
	for _, out := range all {
		if product.HasSecret(out.String()) {
			t.Errorf("a password was shown:\n%s", out)
		}
	}
	leaks(t, f, p)
	for _, s := range f.Servers {
		said := labtest.Must(t, f, s.Name, "journalctl --no-pager --output=cat | grep -E 'sudo.*(incorrect password|authentication failure)' || true")
		if said != "" {
			t.Errorf("%s: sudo was given a password that it did not take: %s", s.Name, said)
		}
	}
}
