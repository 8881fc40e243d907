package playbooks

import (
	"encoding/base64"
	"strings"
	"testing"
)

// TestCertificatesAreRead: files whole, those of a directory one after the other, and one that is not there by its name.
func TestCertificatesAreRead(t *testing.T) {
	h := newHost(t)
	h.write("ca.pem", "authority\n")
	h.write("kea.key", "no line end")
	coded := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	status, said := h.run("certificates", "anchor="+h.path("ca.pem"), "certificate=", "key="+h.path("kea.key"))
	if want := "@anchor\n" + coded("authority\n") + "\n@certificate\n@key\n" + coded("no line end") + "\n@end\n"; status != 0 || said != want {
		t.Errorf("%d %s\nwant %s", status, said, want)
	}
	h.write("anchors/a", "one")
	h.write("anchors/b", "two\n")
	status, said = h.run("certificates", "anchor="+h.path("anchors"), "certificate=", "key=")
	if want := "@anchor\n" + coded("one\ntwo\n\n") + "\n@directory\nyes\n@certificate\n@key\n@end\n"; status != 0 || said != want {
		t.Errorf("%d %s\nwant %s", status, said, want)
	}
	status, said = h.run("certificates", "anchor=", "certificate="+h.path("none.pem"), "key=")
	if status == 0 || !strings.Contains(said, "none.pem is not there") {
		t.Errorf("%d %s", status, said)
	}
}
