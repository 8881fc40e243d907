package fleet

import (
	"fmt"
	"strings"
	"testing"
)

func TestLongListsOfNamesAreShort(t *testing.T) {
	numbered := func(stem string, from, to int) (all []string) {
		for i := from; i <= to; i++ {
			all = append(all, fmt.Sprintf(stem, i))
		}
		return all
	}
	for _, c := range []struct {
		names []string
		want  string
	}{
		{nil, ""},
		{numbered("k%d", 1, 12), "k1 k2 k3 k4 k5 k6 k7 k8 k9 k10 k11 k12"},
		{numbered("k%d", 1, 200), "k1 to k200"},
		{append(numbered("k%d", 1, 9), append(numbered("k%d", 11, 12), append(numbered("b%02d", 8, 11), "dhcp", "99")...)...), "k1 to k9 k11 k12 b08 to b11 dhcp 99"},
		{append(numbered("k%d", 9, 20), "k021", "l22", "k9999999999999999999999"), "k9 to k20 k021 l22 k9999999999999999999999"},
	} {
		if got := strings.Join(Short(c.names), " "); got != c.want {
			t.Errorf("%v: %q, want %q", c.names, got, c.want)
		}
	}
}
