//go:build lab

package product_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// noise makes servers say what only servers can get wrong: a shell that talks, another login shell, another language.
func noise(s *struck) {
	s.Helper()
	s.must("k1", `printf '%s\n' 'echo Welcome to k1' 'printf "\033[2J\033]0;k1\007\377\376 not UTF-8\n"' 'head -c 1000000 /dev/zero | tr "\0" x >&2' 'printf "@end\n@boot\n"' >>/root/.bashrc
		printf '\033[31mAuthorised use only\033[0m\n' >/etc/banner
		echo 'Banner /etc/banner' >/etc/ssh/sshd_config.d/banner.conf
		printf '\033[1mNews of the day\033[0m\n' >/etc/motd
		systemctl reload ssh`)
	csh, err := os.ReadFile("/bin/tcsh")
	if err != nil {
		s.Fatal(err)
	}
	s.no(os.WriteFile(filepath.Join(s.fleet.Root("k2"), "bin/csh"), csh, 0o755))
	s.must("k2", "echo /bin/csh >>/etc/shells; usermod --shell /bin/csh root; echo 'echo hello from csh' >/root/.cshrc")
	s.must("k3", `printf '%s\n' LANG=de_DE.UTF-8 LANGUAGE=de >/etc/environment
		printf '%s\n' 'export LANG=de_DE.UTF-8 LANGUAGE=de' >>/root/.bashrc`)
	for server, says := range map[string]string{"k1": "Authorised use only", "k2": "hello from csh", "k3": "Paket »none«"} {
		said, _ := exec.Command("ssh", "-F", s.fleet.SSHConfig(), server, "dpkg --listfiles none").CombinedOutput()
		if !strings.Contains(string(said), says) {
			s.Errorf("%s says nothing like %q: %.300q", server, says, said)
		}
	}
}

// TestFaultNoise: whatever servers put around and into what they are asked for, it is read rightly and never shown raw.
func TestFaultNoise(t *testing.T) {
	faults(t, []fault{
		{name: "shells, banners and languages", often: true, given: noise, codes: []int{0}},
		{name: "dpkg speaks in escapes and fails", given: noise, at: begins("fence-k1"), strike: func(s *struck) {
			s.must("k1", `printf '%s\n' "pre-invoke=printf '\033[2J\033]0;gotcha\007\377 no\n'; exit 1" >/etc/dpkg/dpkg.cfg.d/noise`)
		}, codes: []int{4, 7}, says: []string{"on k1 failed", "gotcha"}, mend: func(s *struck) { s.must("k1", "rm /etc/dpkg/dpkg.cfg.d/noise") },
			on: []way{resume(0, 7)}},
	})
}
