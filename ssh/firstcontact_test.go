package ssh_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kea-lockstep/ssh"
)

// TestFirstContact: the fingerprint that the error has is the one that sshd's own key has, and once the key is remembered, hashed as
// the configuration wants it, both ssh and we get in through the jump hosts.
func TestFirstContact(t *testing.T) {
	needs(t, "ssh")
	config, _ := openSSH(t)
	dir := filepath.Dir(config)
	known := filepath.Join(t.TempDir(), "ssh", "known_hosts") // not there, nor its directory
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	own := writeFile(t, t.TempDir(), "config", "Host *\n UserKnownHostsFile "+known+"\n HashKnownHosts yes\n"+string(text))
	shown, err := exec.Command("ssh-keygen", "-lf", filepath.Join(dir, "host.pub")).Output()
	if err != nil {
		t.Fatal(err)
	}
	p := pool(t, ssh.Options{})
	login := func() error {
		_, err := p.Host(ssh.Login{Address: "k2", ConfigFile: own}).Run(within(t, time.Minute), ssh.Command{Script: "true"})
		return err
	}
	err = login()
	key, ok := errors.AsType[*ssh.HostKeyError](err)
	if !errors.Is(err, ssh.ErrUnknownHostKey) || !ok || !strings.Contains(err.Error(), "jump host j1") {
		t.Fatal(err)
	}
	if fields := strings.Fields(string(shown)); len(fields) < 2 || fields[1] != key.Fingerprint {
		t.Errorf("%s, and ssh-keygen says %s", key.Fingerprint, shown)
	}
	if err := key.Remember(); err != nil {
		t.Fatal(err)
	}
	if err := login(); err != nil {
		t.Error(err)
	}
	if written, err := os.ReadFile(known); err != nil || !strings.HasPrefix(string(written), "|1|") || strings.Contains(string(written), "127.0.0.1") {
		t.Errorf("%v, written: %s", err, written)
	}
	if out, err := exec.CommandContext(within(t, time.Minute), "ssh", "-F", own, "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "k2", "true").CombinedOutput(); err != nil {
		t.Errorf("ssh itself: %v: %s", err, out)
	}
}
