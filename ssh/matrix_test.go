package ssh_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kea-lockstep/ssh"
)

// way is a configuration of ssh, with HERE for the directory of keys and DIRECT for a configuration that leads to sshd as k1.
type way struct {
	name, config string
	in           bool
	kind         error // of what keeps us out
}

func ways() []way {
	return []way{
		{"an alias", "Host k9\n HostName 127.0.0.1\n", true, nil},
		{"no such name", "Host k9\n HostName nowhere.invalid\n", false, ssh.ErrUnreachable},
		{"another port", "Host k9\n HostName 127.0.0.1\n Port 1\n", false, ssh.ErrUnreachable},
		{"another user", "Host k9\n HostName 127.0.0.1\n User nobody-of-that-name\n", false, ssh.ErrAuth},
		{"the first value counts", "Host k9\n HostName 127.0.0.1\n IdentityFile HERE/other\n IdentityFile HERE/id\n IdentitiesOnly yes\n", true, nil},
		{"a key that is not let in", "Host k9\n HostName 127.0.0.1\n IdentityFile HERE/other\n IdentitiesOnly yes\n#", false, ssh.ErrAuth},
		{"a key that is not there", "Host k9\n HostName 127.0.0.1\n IdentityFile HERE/none\n IdentitiesOnly yes\n#", false, ssh.ErrAuth},
		{"a pattern and its exception", "Host k* !k9\n HostName nowhere.invalid\nHost k9\n HostName 127.0.0.1\n", true, nil},
		{"Match host", "Match host k9\n HostName 127.0.0.1\n", true, nil},
		{"Match exec", "Match originalhost k9 exec \"test -e HERE/id\"\n HostName 127.0.0.1\n", true, nil},
		{"Include", "Include HERE/more\n", true, nil},
		{"a tag in quotes", "Host k9\n HostName \"127.0.0.1\"\n", true, nil},
		{"no known host", "Host k9\n HostName 127.0.0.1\n UserKnownHostsFile /dev/null\n", false, ssh.ErrUnknownHostKey},
		{"another key known", "Host k9\n HostName 127.0.0.1\n UserKnownHostsFile HERE/changed\n", false, ssh.ErrHostKeyChanged},
		{"a revoked key", "Host k9\n HostName 127.0.0.1\n UserKnownHostsFile HERE/revoked\n", false, ssh.ErrHostKeyChanged},
		{"known by another name", "Host k9\n HostName 127.0.0.1\n HostKeyAlias the-one\n UserKnownHostsFile HERE/alias\n", true, nil},
		{"a second file of known hosts", "Host k9\n HostName 127.0.0.1\n UserKnownHostsFile /dev/null HERE/known_hosts\n", true, nil},
		{"ProxyCommand", "Host k9\n HostName 127.0.0.1\n ProxyCommand ssh -F DIRECT -W %h:%p k1\n", true, nil},
		{"its tokens", "Host k9\n HostName 127.0.0.1\n ProxyCommand sh -c 'test %n/%%/%r = k9/%%/ME && exec ssh -F DIRECT -W %h:%p k1'\n", true, nil},
		{"a ProxyCommand that ends", "Host k9\n HostName 127.0.0.1\n ConnectTimeout 1\n ProxyCommand false\n", false, ssh.ErrUnreachable},
		{"ProxyJump", "Host k9\n HostName 127.0.0.1\n ProxyJump j1\nHost j1\n HostName 127.0.0.1\n", true, nil},
		{"two jumps in a line", "Host k9\n HostName 127.0.0.1\n ProxyJump j1,j2\nHost j1 j2\n HostName 127.0.0.1\n", true, nil},
		{"a jump host that nobody knows", "Host k9\n HostName 127.0.0.1\n ProxyJump j1\nHost j1\n HostName 127.0.0.1\n UserKnownHostsFile /dev/null\n", false, ssh.ErrUnknownHostKey},
		{"ProxyJump none", "Host k9\n HostName 127.0.0.1\n ProxyJump none\nHost *\n ProxyJump nowhere.invalid\n", true, nil},
	}
}

// TestTheWayOfSSH: where ssh gets in with a configuration we do, and where it does not neither do we, and say why.
func TestTheWayOfSSH(t *testing.T) {
	direct, _ := openSSH(t)
	here := filepath.Dir(direct)
	text, err := os.ReadFile(direct)
	if err != nil {
		t.Fatal(err)
	}
	_, common, _ := strings.Cut(string(text), "Host *\n HostName 127.0.0.1\n")
	setting := func(key string) string {
		_, rest, _ := strings.Cut(common, " "+key+" ")
		value, _, _ := strings.Cut(rest, "\n")
		return value
	}
	port := setting("Port")
	public := func(key string) string {
		text, err := os.ReadFile(filepath.Join(here, key+".pub"))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", filepath.Join(here, "other")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	writeFile(t, here, "more", "Host k9\n HostName 127.0.0.1\n")
	writeFile(t, here, "changed", fmt.Sprintf("[127.0.0.1]:%s %s", port, public("other")))
	writeFile(t, here, "revoked", fmt.Sprintf("@revoked [127.0.0.1]:%s %s[127.0.0.1]:%[1]s %[2]s", port, public("host")))
	writeFile(t, here, "alias", "the-one "+public("host"))
	t.Setenv("SSH_AUTH_SOCK", "")
	for _, w := range ways() {
		t.Run(w.name, func(t *testing.T) {
			own, closed := strings.CutSuffix(w.config, "#")
			rest := "Host *\n" + common
			if closed { // no other key
				rest = strings.ReplaceAll(rest, " IdentityFile ", " # IdentityFile ")
			}
			config := strings.NewReplacer("HERE", here, "DIRECT", direct, "ME", setting("User")).Replace(own) + rest
			file := writeFile(t, t.TempDir(), "config", config)
			out, theirs := exec.CommandContext(within(t, 30*time.Second), "ssh", "-F", file, "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "k9", "true").CombinedOutput()
			_, ours := pool(t, ssh.Options{Timeout: 5 * time.Second}).Host(ssh.Login{Address: "k9", ConfigFile: file}).Run(within(t, 30*time.Second), ssh.Command{Script: "true"})
			if (theirs == nil) != w.in || (ours == nil) != w.in || !w.in && !errors.Is(ours, w.kind) {
				t.Errorf("in: %t\nssh: %v %s\nwe: %v\n%s", w.in, theirs, out, ours, config)
			}
		})
	}
}
