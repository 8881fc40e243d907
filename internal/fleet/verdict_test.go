package fleet_test

import (
	"encoding/json"
	"testing"

	"kea-lockstep/internal/fleet"
)

func TestVerdictOfNothingIsNo(t *testing.T) {
	var v fleet.Verdict
	if v.OK() || v.String() != "no" {
		t.Errorf("a verdict that nobody gave is %s", v)
	}
	if !fleet.All().OK() {
		t.Error("nothing asked, nothing wrong: All of none is yes")
	}
}

func TestOnlyYesIsOK(t *testing.T) {
	for v, want := range map[fleet.Verdict]bool{fleet.Affirm("a"): true, fleet.Deny("b"): false, fleet.Doubt("c"): false} {
		if v.OK() != want {
			t.Errorf("%s is OK: %t", v, v.OK())
		}
	}
}

// TestAll: no wins over cannot tell, which wins over yes, in every order; the worst are quoted and nobody else.
func TestAll(t *testing.T) {
	yes, no, doubt := fleet.Affirm("is so"), fleet.Deny("is not"), fleet.Doubt("is dark")
	tests := []struct {
		of   []fleet.Verdict
		want fleet.Verdict
	}{
		{[]fleet.Verdict{yes}, yes},
		{[]fleet.Verdict{yes, yes}, fleet.Affirm("is so; is so")},
		{[]fleet.Verdict{yes, no}, no},
		{[]fleet.Verdict{yes, doubt}, doubt},
		{[]fleet.Verdict{no, doubt}, no},
		{[]fleet.Verdict{yes, doubt, no}, no},
		{[]fleet.Verdict{doubt, fleet.Doubt("is far"), yes}, fleet.Doubt("is dark; is far")},
		{[]fleet.Verdict{no, fleet.Verdict{}}, no},
		{[]fleet.Verdict{yes, {}}, fleet.Verdict{}},
	}
	for _, test := range tests {
		if got := fleet.All(test.of...); got != test.want {
			t.Errorf("all of %v is %s, want %s", test.of, got, test.want)
		}
		backwards := make([]fleet.Verdict, len(test.of))
		for i, v := range test.of {
			backwards[len(test.of)-1-i] = v
		}
		if got := fleet.All(backwards...); got.Answer != test.want.Answer {
			t.Errorf("all of %v is %s, want %s", backwards, got, test.want)
		}
	}
}

func TestAllOfAllIsAll(t *testing.T) {
	answers := []fleet.Verdict{fleet.Affirm(""), fleet.Deny(""), fleet.Doubt("")}
	for _, a := range answers {
		for _, b := range answers {
			for _, c := range answers {
				if fleet.All(a, fleet.All(b, c)) != fleet.All(fleet.All(a, b), c) {
					t.Errorf("%s, %s, %s: it matters how they are taken together", a, b, c)
				}
			}
		}
	}
}

func TestAnswerInJSON(t *testing.T) {
	for _, v := range []fleet.Verdict{fleet.Affirm("a"), fleet.Deny("b"), fleet.Doubt("c"), {}} {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var back fleet.Verdict
		if err := json.Unmarshal(text, &back); err != nil || back != v {
			t.Errorf("%s came back as %s, %v", text, back, err)
		}
	}
	var v fleet.Verdict
	if err := json.Unmarshal([]byte(`{"answer":"maybe"}`), &v); err == nil || v.OK() {
		t.Errorf("maybe was read as %s", v)
	}
}
