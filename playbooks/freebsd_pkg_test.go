//go:build pkg

package playbooks

import (
	"os"
	"strings"
	"testing"
)

// withPkg is a host with pkg itself, which Debian does not have: KEA_PKG is the path of one that was built (tried with 2.8.99). Installed are Kea
// 2.6.3 and a library, and a repository has 3.0.3_1 and the library anew, which that wants.
func withPkg(t *testing.T) freebsd {
	t.Helper()
	program := os.Getenv("KEA_PKG")
	if program == "" {
		t.Fatal("KEA_PKG has to say where pkg is")
	}
	f := newFreeBSD(t)
	f.program("pkg", "exec "+program+" -o PKG_DBDIR="+f.path("db")+" -o REPOS_DIR="+f.path("conf")+" -o PKG_CACHEDIR="+f.path("cache")+" \"$@\"")
	f.write("db/none", "")
	f.write("conf/local.conf", `local: { url: "file://`+f.path("repo")+`", enabled: true }`)
	f.write("local/lib/none", "")
	for dir, versions := range map[string][2]string{"old": {"1.0", "2.6.3"}, "repo": {"2.0", "3.0.3_1"}} {
		lib := f.path("local/lib")
		// pkg looks into what it packs for what it wants and brings.
		f.sure("cd " + lib + "; rm -f *; cc -xc -shared -nostdlib -Wl,-soname=liblog.so." + versions[0] + " -o liblog.so /dev/null; cc -shared -nostdlib -o kea.so -L. -Wl,--no-as-needed -llog")
		f.write("local/share/liblog", versions[0]+"\n")
		f.write("local/share/kea", versions[1]+"\n")
		f.pack(dir, "liblog", versions[0], `shlibs_provided: ["liblog.so.`+versions[0]+`"]`, "lib/liblog.so", "share/liblog")
		f.pack(dir, "kea", versions[1], `shlibs_required: ["liblog.so.`+versions[0]+`"]
deps: { liblog: { origin: net/liblog, version: "`+versions[0]+`" } }`, "lib/kea.so", "share/kea")
	}
	f.sure("pkg repo " + f.path("repo") + "; pkg update -f; rm -rf " + f.path("local/share") + " " + f.path("local/lib") + "; pkg add -f " + f.path("old") + "/liblog-1.0.pkg " + f.path("old") + "/kea-2.6.3.pkg")
	f.must("fence")
	return f
}

// pack makes a package of files under the prefix.
func (f freebsd) pack(dir, name, version, more string, files ...string) {
	f.t.Helper()
	var list strings.Builder
	for _, file := range files {
		list.WriteString(f.path("local/"+file) + ": \"\"\n")
	}
	f.write("manifest", "name: "+name+"\norigin: net/"+name+"\nversion: \""+version+"\"\nmaintainer: a@b\ncomment: c\ndesc: d\nwww: http://example.com\ncategories: [net]\nprefix: "+
		f.path("local")+"\n"+more+"\nfiles: {\n"+list.String()+"}\n")
	f.sure("pkg create -M " + f.path("manifest") + " -o " + f.path(dir))
}

func (f freebsd) sure(text string) {
	f.t.Helper()
	if status, said := f.shell("set -eu\nexport ASSUME_ALWAYS_YES=yes\n" + text + "\n"); status != 0 {
		f.t.Fatalf("%s: %d %s", text, status, said)
	}
}

// TestPkgGoesBothWays: what the plan is told, what is fetched and made, both ways, twice each, after a
// fetch that was cut off, and where the package is locked.
func TestPkgGoesBothWays(t *testing.T) {
	f := withPkg(t)
	said := f.must("server", "tools=", "managers=", "own=", "backups=/var")
	if want := "@available\nkea\t3.0.3_1\tlocal\nkea\t2.6.3\tinstalled\n@holds\n@locked\n@updates\n@end\n"; !strings.HasSuffix(said, want) {
		t.Errorf("%s", said)
	}
	if said := f.must("simulate", "wanted=kea=3.0.3_1"); said != "Inst kea\nInst liblog\n" && said != "Inst liblog\nInst kea\n" {
		t.Errorf("%s", said)
	}
	if said := f.must("simulate", "wanted=kea=2.6.3"); said != "" {
		t.Errorf("what is installed: %s", said)
	}
	if status, said := f.act("simulate", "wanted=kea=9"); status != 1 || !strings.Contains(said, "pkg would not bring kea to 9:") {
		t.Errorf("%d %s", status, said)
	}
	f.write("state/packages/back/kea-2.6.3.pkg", "half of it")
	f.write("state/packages/on/kea-3.0.3_1.pkg", "half of it")
	for range 2 {
		f.must("prefetch", "on=kea=3.0.3_1", "back=kea=2.6.3", "on_dir=on", "back_dir=back")
	}
	installed := func(kea, library string) {
		t.Helper()
		said := f.must("software", "scripts=/none", "hooks=/none")
		want := "@packages\nkea\t" + kea + "\tkea\tii \n@interrupted\n@fetched\nkea=2.6.3\nliblog=1.0\nkea=3.0.3_1\nliblog=2.0\n@end\n"
		if _, told, _ := strings.Cut(said, "@hooks\n"); told != want || f.read("local/share/liblog") != library+"\n" || f.read("local/share/kea") != kea+"\n" {
			t.Errorf("with library %s it told\n%swant\n%s", f.read("local/share/liblog"), told, want)
		}
	}
	installed("2.6.3", "1.0")
	on, back := []string{"dir=on", "check=kea 3.0.3_1"}, []string{"dir=back", "check=kea 2.6.3"}
	for range 2 {
		f.must("install", on...)
		installed("3.0.3_1", "2.0")
	}
	for range 2 {
		f.must("install", back...)
		installed("2.6.3", "1.0")
	}
	f.sure("pkg lock kea")
	if said := f.must("server", "tools=", "managers=", "own=", "backups=/var"); !strings.Contains(said, "@holds\nkea\n") {
		t.Error(said)
	}
	if status, said := f.act("install", on...); status == 0 {
		t.Errorf("a locked package was replaced: %s", said)
	}
	f.sure("pkg unlock kea")
	f.must("install", on...)
	installed("3.0.3_1", "2.0")
}
