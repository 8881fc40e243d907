package playbooks

import (
	"os"
	"strings"
	"testing"
)

// installed is apk's list (of apk 2.14): a package a paragraph.
const installed = "C:Q1aaa=\nP:musl\nV:1.2.5-r9\no:musl\nF:lib\n\nC:Q1bbb=\nP:kea-common\nV:2.6.3-r0\nS:1\no:kea\nF:usr\n\nP:kea-dhcp4\nV:2.6.3-r0\no:kea\nf:fs\n\n"

// TestApksListIsRead: packages of Kea, and whatever is half done.
func TestApksListIsRead(t *testing.T) {
	h := newOpenRC(t)
	h.write("lib/apk/db/installed", installed)
	for _, file := range []string{"a/whole", "a/kea-hook-mysql-3.0.3-r0.apk", "b/kea-admin-2.6.3-r0.apk"} {
		h.write("state/packages/"+file, "")
	}
	status, said := h.act("software", "sources=kea", "units=", "scripts=/none", "hooks=/none")
	want := "@packages\nkea-common\t2.6.3-r0\tkea\tii \nkea-dhcp4\t2.6.3-r0\tkea\tiF \n@interrupted\n@fetched\nkea-hook-mysql=3.0.3-r0\n@end\n"
	if status != 0 || !strings.HasSuffix(said, want) {
		t.Errorf("%d %s", status, said)
	}
}

// withPackages is a fenced host to which packages of both ways were fetched.
func withPackages(t *testing.T) openrc {
	t.Helper()
	h := newOpenRC(t)
	h.act("fence", "run=R1", "fence=kea-dhcp4")
	for _, file := range []string{"on/whole", "on/kea-common-3.0.3-r0.apk", "back/whole", "back/kea-common-2.6.3-r0.apk"} {
		h.write("state/packages/"+file, "")
	}
	return h
}

// TestApkInstallsFromFiles: the list of what is wanted is afterwards as it was, without the checksums that apk notes for files, with what
// came to be needed, and on the way back without it; also where a run before was killed after apk had written it.
func TestApkInstallsFromFiles(t *testing.T) {
	h := withPackages(t)
	h.write("etc/apk/world", "kea-dhcp4\nopenssh\n")
	h.write("lib/apk/db/installed", installed)
	h.program("apk", `echo "apk $*" >>`+h.path("calls")+`
printf 'kea-common><Q1x=\nkea-dhcp4><Q1y=\nopenssh\n' >`+h.path("etc/apk/world")+`
[ ! -e `+h.path("killed")+` ] || kill -9 $PPID
case $* in
*3.0.3*) sed 's/2\.6\.3/3.0.3/; $aP:kea-hook-mysql\nV:3.0.3-r0\no:kea\n' ;;
*) cat ;;
esac <`+h.path("before")+` >`+h.path("lib/apk/db/installed"))
	h.write("before", installed)
	on := []string{"dir=on", "check=kea-common 3.0.3-r0\nkea-hook-mysql 3.0.3-r0", "gone=", "fence=kea-dhcp4", "adds=kea-hook-mysql kea-hook-pgsql", "sources=kea"}
	h.write("killed", "")
	if status, _ := h.act("install", on...); status == 0 {
		t.Fatal("it was killed")
	}
	if _, said := h.act("software", "sources=kea", "units=", "scripts=/none", "hooks=/none"); !strings.Contains(said, "@interrupted\non: the installation of these packages was begun") {
		t.Errorf("what was cut off is not told: %s", said)
	}
	if err := h.remove("killed"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		way   []string
		world string
	}{
		{on, "kea-dhcp4\nkea-hook-mysql\nopenssh\n"},
		{on, "kea-dhcp4\nkea-hook-mysql\nopenssh\n"},
		{[]string{"dir=back", "check=kea-common 2.6.3-r0", "gone=kea-hook-mysql", "fence=kea-dhcp4", "adds=kea-hook-mysql", "sources=kea"}, "kea-dhcp4\nopenssh\n"},
	} {
		if status, said := h.act("install", c.way...); status != 0 {
			t.Fatalf("%s: %d %s", c.way[0], status, said)
		}
		if world := h.read("etc/apk/world"); world != c.world {
			t.Errorf("%s: apk is to want %q, not %q", c.way[0], c.world, world)
		}
	}
	if calls := h.read("calls"); !strings.HasSuffix(calls, "back/kea-common-2.6.3-r0.apk !kea-hook-mysql\n") {
		t.Errorf("it called %s", calls)
	}
	if left := h.read("state/installing"); left != "" {
		t.Errorf("what came to its end has left %q", left)
	}
	if status, said := h.act("install", "dir=on", "check=kea-common 9", "gone=", "fence=kea-dhcp4", "adds=", "sources=kea"); status == 0 {
		t.Errorf("another version passes: %s", said)
	}
	h.act("unfence", "run=R1", "fence=kea-dhcp4")
	if status, said := h.act("install", on...); status != 1 || !strings.Contains(said, "kea-dhcp4 is not fenced") {
		t.Errorf("without a fence: %d %s", status, said)
	}
}

// TestApkComesBackFromHalfAnInstallation: apk's lists do not know the files that an installation brought which had no room for its end. It is
// brought there, and left for the old packages then; the other way round, and where there still is no room, nothing is taken for done.
func TestApkComesBackFromHalfAnInstallation(t *testing.T) {
	h := withPackages(t)
	h.write("etc/apk/world", "kea-dhcp4\n")
	h.write("lib/apk/db/installed", installed)
	// Files come and go with what the lists say; the lists are written where there is room.
	h.program("apk", `list=`+h.path("lib/apk/db/installed")+`
case $* in *3.0.3*) touch `+h.path("new-file")+`; to=3.0.3 ;; *) to=2.6.3; ! grep -q 'V:3' "$list" || rm `+h.path("new-file")+` ;; esac
[ ! -e `+h.path("full")+` ] || exit 3
sed -i "s/^V:[23].*-r0/V:$to-r0/" "$list"`)
	on := []string{"dir=on", "check=kea-common 3.0.3-r0", "gone=", "fence=kea-dhcp4", "adds=", "sources=kea"}
	back := []string{"dir=back", "check=kea-common 2.6.3-r0", "gone=", "fence=kea-dhcp4", "adds=", "sources=kea"}
	h.write("full", "")
	for _, way := range [][]string{on, back} {
		if status, said := h.act("install", way...); status == 0 {
			t.Fatalf("%s without room: %s", way[0], said)
		}
	}
	if err := h.remove("full"); err != nil {
		t.Fatal(err)
	}
	if status, said := h.act("install", back...); status != 0 {
		t.Fatalf("%d %s", status, said)
	}
	if _, err := os.Stat(h.path("new-file")); err == nil {
		t.Error("a file of the new packages is still there")
	}
}

// TestApkIsAskedByVersion: apk fetches the newest of a name, so each repository is asked alone. Answers are those of apk 2.14.10.
func TestApkIsAskedByVersion(t *testing.T) {
	h := newOpenRC(t)
	h.program("apk", `case $1 in
policy) printf '%s policy:\n  2.6.3-r0:\n    lib/apk/db/installed\n    /old\n  3.0.3-r0:\n    @edge /edge\n    /new\n' "$2" ;;
add) printf '(1/2) Upgrading kea-common (2.6.3-r0 -> 3.0.3-r0)\n(2/2) Installing kea-hook-mysql (3.0.3-r0)\nOK: 23 MiB in 3 packages\n' ;;
fetch) echo "$(cat "$4") $7 $8" >>`+h.path("calls")+`; version=3.0.3-r0; [ "$(cat "$4")" = /new ] || version=2.6.3-r0; shift 6; for name; do : >"`+h.path("state/packages")+`/$(cat `+h.path("into")+`)/$name-$version.apk"; done ;;
esac`)
	h.program("mktemp", "mkdir -p "+h.path("made")+"; echo "+h.path("made"))
	h.write("into", "on")
	status, said := h.act("simulate", "wanted=kea-common=3.0.3-r0")
	if status != 0 || said != "Inst kea-common\nInst kea-hook-mysql\n" {
		t.Errorf("simulated: %d %q", status, said)
	}
	status, said = h.act("prefetch", "on=kea-common=3.0.3-r0", "back=kea-common=9.9-r0", "on_dir=on", "back_dir=back")
	if status == 0 || !strings.Contains(said, "no repository has kea-common=9.9-r0") {
		t.Errorf("a version that nobody has: %d %s", status, said)
	}
	if calls := h.read("calls"); calls != "/new kea-common kea-hook-mysql\n" {
		t.Errorf("it fetched %q", calls)
	}
	if _, said := h.act("software", "sources=kea", "units=", "scripts=/none", "hooks=/none"); strings.Contains(said, "9.9") {
		t.Error(said)
	}
}
