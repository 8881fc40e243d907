//go:build lab

package product_test

import (
	"slices"
	"strings"
	"testing"

	"kea-lockstep/lab"
	"kea-lockstep/lab/labtest"
)

// settingsOf prints what of a server must be as before whatever became of the run: which timers are on, what systemd was told of
// units, and whose the files of Kea's configuration are. Behind "old" is what must be as before once a run was taken back: what the files
// say, and which packages and trees there are.
const settingsOf = `
[ -d /run/openrc ] || systemctl list-units --type=timer --all --plain --no-legend | awk '{ print $1, $3 }' | sort
/usr/bin/find /etc/systemd/system -printf '%y %m %u:%g %p %l\n' | sort
/usr/bin/find /etc/kea -printf '%y %m %u:%g %p %l\n' | sort
[ ! -d /run/openrc ] || /usr/bin/find /etc/runlevels /etc/rc.conf* /etc/conf.d /etc/init.d -printf '%y %m %u:%g %p %l\n' | sort
echo old
find /etc/kea /etc/systemd/system -type f -exec sha256sum {} + | sort -k 2
dpkg-query -W -f '${Package} ${Version} ${db:Status-Abbrev}\n' '*kea*'
find /opt -maxdepth 1 -printf '%y %m %u:%g %p %l\n' | sort
if command -v apk >/dev/null; then
	apk info -v | sort
	cat /etc/apk/world
elif command -v rpm >/dev/null; then
	rpm -qa | sort
fi`

// settings is that of each server.
func settings(t *testing.T, f *lab.Fleet) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, s := range f.Servers {
		all[s.Name] = labtest.Must(t, f, s.Name, settingsOf)
	}
	return all
}

// sameSettings compares what was with what is. Files that a package of the target brings are its own, and it leaves some behind.
func sameSettings(t *testing.T, was, is map[string]string, old bool) {
	t.Helper()
	for server := range was {
		before, after := was[server], is[server]
		if !old {
			before, _, _ = strings.Cut(before, "\nold\n")
			after, _, _ = strings.Cut(after, "\nold\n")
		}
		for _, line := range differences(before, after) {
			t.Errorf("%s: only before: %s", server, line)
		}
		for _, line := range differences(after, before) {
			if strings.Contains(line, "lockstep") {
				t.Errorf("%s: only after: %s", server, line)
			}
		}
	}
}

// differences gives the lines of one text that another has not.
func differences(one, other string) []string {
	there := strings.Split(other, "\n")
	return slices.DeleteFunc(strings.Split(one, "\n"), func(line string) bool { return slices.Contains(there, line) })
}
