package ssh_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// accounts is a private sshd that tells its accounts, keys and authorities apart. In its directory lie
//
//	id, ed25519, rsa, locked    keys that let everybody in (locked, whose passphrase is "secret", and rsa are not among the defaults)
//	ops.key                     a key of the account ops alone
//	other                       a key that lets nobody in
//	certified, expired, misnamed, vouched   keys that only their certificates let in: good, outdated, for another account, and good but lying apart in vouched.cert.pub
//	host, host_ed25519, host_rsa   the server's keys; host_ed25519 has a certificate by host_ca
type accounts struct {
	dir, port, me string
	more          []string // accounts beside me
	log           *log
}

// startAccounts runs it, as root with the further accounts ops and dhcp, which exist for that sshd alone.
func startAccounts(t *testing.T) *accounts {
	t.Helper()
	sshd, me := sshdHere(t)
	needs(t, "ssh", "ssh-add", "ssh-agent")
	a := &accounts{dir: t.TempDir(), me: me.Username, port: freePort(t)}
	a.keys(t)
	for _, dir := range []string{filepath.Dir(a.dir), a.dir} { // sshd reads an account's keys as that account
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	argv := []string{sshd, "-D", "-e", "-f", a.config(t)}
	if me.Uid == "0" {
		needs(t, "unshare", "mount")
		a.more = []string{"ops", "dhcp"}
		passwd, err := os.ReadFile("/etc/passwd")
		if err != nil {
			t.Fatal(err)
		}
		for i, name := range a.more {
			passwd = fmt.Appendf(passwd, "%s:*:%d:65534::/:/bin/sh\n", name, 64001+i)
		}
		file := writeFile(t, a.dir, "passwd", string(passwd))
		if err := os.Chmod(file, 0o644); err != nil {
			t.Fatal(err)
		}
		argv = append([]string{"unshare", "--mount", "--propagation", "private", "sh", "-c", `mount --bind "$0" /etc/passwd && exec "$@"`, file}, argv...)
	}
	a.log = startDaemon(t, exec.Command(argv[0], argv[1:]...), "127.0.0.1:"+a.port)
	return a
}

func (a *accounts) file(name string) string { return filepath.Join(a.dir, name) }

func (a *accounts) public(t *testing.T, key string) string {
	t.Helper()
	text, err := os.ReadFile(a.file(key + ".pub"))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(text))
	return fields[0] + " " + fields[1]
}

func (a *accounts) keys(t *testing.T) {
	t.Helper()
	make := func(name, kind, passphrase string) {
		keygen(t, "-t", kind, "-N", passphrase, "-C", name, "-f", a.file(name))
	}
	for _, name := range []string{"id", "host", "other"} {
		make(name, "ecdsa", "")
	}
	for _, name := range []string{"ed25519", "ops.key", "certified", "expired", "misnamed", "vouched", "host_ed25519", "host_ca", "user_ca"} {
		make(name, "ed25519", "")
	}
	make("rsa", "rsa", "")
	make("host_rsa", "rsa", "")
	make("locked", "ed25519", "secret")
	sign := func(key, by string, args ...string) {
		keygen(t, append(append([]string{"-s", a.file(by), "-I", key}, args...), a.file(key+".pub"))...)
	}
	everyone := a.me + ",ops,dhcp"
	sign("certified", "user_ca", "-n", everyone)
	sign("vouched", "user_ca", "-n", everyone)
	sign("expired", "user_ca", "-n", everyone, "-V", "20200101:20200102")
	sign("misnamed", "user_ca", "-n", "somebody-else")
	sign("host_ed25519", "host_ca", "-h", "-n", "127.0.0.1,k9.example.net")
	if err := os.Rename(a.file("vouched-cert.pub"), a.file("vouched.cert.pub")); err != nil {
		t.Fatal(err)
	}
}

// config writes that of sshd.
func (a *accounts) config(t *testing.T) string {
	t.Helper()
	everyone := a.public(t, "id") + "\n" + a.public(t, "ed25519") + "\n" + a.public(t, "rsa") + "\n" + a.public(t, "locked") + "\n"
	for name, keys := range map[string]string{a.me: everyone, "ops": everyone + a.public(t, "ops.key") + "\n", "dhcp": everyone} {
		if err := os.Chmod(writeFile(t, a.dir, "keys."+name, keys), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return writeFile(t, a.dir, "sshd_config", strings.NewReplacer("DIR", a.dir, "PORT", a.port).Replace(
		"ListenAddress 127.0.0.1:PORT\nHostKey DIR/host\nHostKey DIR/host_ed25519\nHostKey DIR/host_rsa\nHostCertificate DIR/host_ed25519-cert.pub\n"+
			"AuthorizedKeysFile DIR/keys.%u\nTrustedUserCAKeys DIR/user_ca.pub\nStrictModes no\nPidFile none\nUsePAM no\nExposeAuthInfo yes\n"+
			"PasswordAuthentication no\nLogLevel VERBOSE\nMaxStartups 100\n"))
}

// places stands for the words in capitals in a client's configuration.
func (a *accounts) places() *strings.Replacer {
	return strings.NewReplacer("HERE", a.dir, "PORT", a.port, "ME", a.me, "DIRECT", a.file("direct"))
}

// known writes files of known hosts: the server's keys as they may stand there.
func (a *accounts) known(t *testing.T) {
	t.Helper()
	at := "[127.0.0.1]:" + a.port + " "
	other, host := a.public(t, "other"), a.public(t, "host")
	for name, text := range map[string]string{
		"known_hosts":  at + host + "\n",
		"known_rsa":    at + a.public(t, "host_rsa") + "\n",
		"known_all":    at + host + "\n" + at + a.public(t, "host_ed25519") + "\n" + at + a.public(t, "host_rsa") + "\n",
		"known_one":    at + a.public(t, "ed25519") + "\n" + at + host + "\n", // of two types one is right
		"changed":      at + other + "\n",
		"revoked":      "@revoked " + at + host + "\n" + at + host + "\n",
		"revoked_ca":   "@revoked * " + a.public(t, "host_ca") + "\n@cert-authority * " + a.public(t, "host_ca") + "\n",
		"alias":        "the-one " + host + "\n",
		"pattern":      "[127.0.*]:" + a.port + ",!nobody " + host + "\n",
		"without_port": "127.0.0.1 " + host + "\n",
		"ca":           "@cert-authority [127.0.0.1]:" + a.port + " " + a.public(t, "host_ca") + "\n",
		"ca_all":       "@cert-authority * " + a.public(t, "host_ca") + "\n",
		"ca_alias":     "@cert-authority *.example.net " + a.public(t, "host_ca") + "\n",
		"ca_other":     "@cert-authority * " + a.public(t, "user_ca") + "\n",
	} {
		writeFile(t, a.dir, name, text)
	}
	for _, name := range []string{"known_hosts", "known_rsa"} {
		text, err := os.ReadFile(a.file(name))
		if err != nil {
			t.Fatal(err)
		}
		keygen(t, "-H", "-f", writeFile(t, a.dir, "hashed_"+name, string(text)))
	}
	writeFile(t, a.dir, "more", "Host k9\n HostName 127.0.0.1\n")
	writeFile(t, a.dir, "direct", "Host *\n"+a.places().Replace(common)+" IdentityFile "+a.file("id")+"\n")
}

// common is what holds for every host where a configuration says nothing else.
const common = " HostName 127.0.0.1\n Port PORT\n User ME\n UserKnownHostsFile HERE/known_hosts\n GlobalKnownHostsFile none\n"
