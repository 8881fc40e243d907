package playbooks

import (
	"strings"
	"testing"
)

// TestWhatGoesOnTheWayOnLeavesItsConfiguration, since the way back brings it again; what came on the way on leaves nothing.
func TestWhatGoesOnTheWayOnLeavesItsConfiguration(t *testing.T) {
	for way, want := range map[string]string{"on": "dpkg --remove kea-ctrl-agent\n", "back": "dpkg --purge kea-ctrl-agent\n"} {
		h := newHost(t)
		h.program("dpkg", `echo "dpkg $*"`)
		h.program("grep", `case $* in *Status*) exit 1 ;; esac; exec /bin/grep "$@"`) // this machine's packages are whole
		h.write("state/packages/d/whole", "")
		h.write("state/packages/d/kea-common_3_all.deb", "")
		status, said := h.run("install", "dir=d", "check=", "gone=kea-ctrl-agent", "way="+way, "fence=")
		if status != 0 || !strings.HasSuffix(said, want) || strings.Count(said, "kea-ctrl-agent") != 1 {
			t.Errorf("%s: status %d\n%s", way, status, said)
		}
	}
}

// TestWhatGoesIsToldThePackageManager, which would not find out by itself what gives way.
func TestWhatGoesIsToldThePackageManager(t *testing.T) {
	h := newHost(t)
	h.program("apt-get", `echo "apt-get $*"`)
	status, said := h.run("simulate", "wanted=kea-common=3 kea-admin=3", "gone=kea-ctrl-agent")
	if status != 0 || !strings.HasSuffix(said, " install kea-common=3 kea-admin=3 kea-ctrl-agent-\n") {
		t.Errorf("status %d\n%s", status, said)
	}
}
