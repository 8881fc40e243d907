package view_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"kea-lockstep/internal/view"
)

var (
	helpLine   = regexp.MustCompile(`^# HELP ([a-z_]+) [^\\]+$`)
	typeLine   = regexp.MustCompile(`^# TYPE ([a-z_]+) gauge$`)
	sampleLine = regexp.MustCompile(`^([a-z_]+)\{((?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)+)\} (\S+)$`)
	labelPair  = regexp.MustCompile(`([a-z_]+)="((?:[^"\\\n]|\\[\\"n])*)"`)
)

// exposition reads metrics as strictly as the format is described (Prometheus, "Exposition formats", text format 0.0.4): HELP and TYPE
// before the samples of a metric, its samples together, no sample twice, a newline at the end. It gives the samples by name and labels.
func exposition(t *testing.T, text string) map[string]float64 {
	t.Helper()
	samples := map[string]float64{}
	done := map[string]bool{}
	helped, now := "", ""
	if !strings.HasSuffix(text, "\n") {
		t.Error("the last line has no end")
	}
	for n, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if m := helpLine.FindStringSubmatch(line); m != nil {
			if done[m[1]] {
				t.Errorf("line %d: %s comes again", n+1, m[1])
			}
			done[m[1]], helped = true, m[1]
			continue
		}
		if m := typeLine.FindStringSubmatch(line); m != nil {
			if m[1] != helped {
				t.Errorf("line %d: a type without help: %s", n+1, line)
			}
			now = m[1]
			continue
		}
		m := sampleLine.FindStringSubmatch(line)
		if m == nil || m[1] != now {
			t.Errorf("line %d is no sample of %s: %s", n+1, now, line)
			continue
		}
		value, err := strconv.ParseFloat(m[3], 64)
		if err != nil {
			t.Errorf("line %d: %v", n+1, err)
		}
		names := map[string]bool{}
		for _, pair := range labelPair.FindAllStringSubmatch(m[2], -1) {
			if names[pair[1]] {
				t.Errorf("line %d: label %s twice", n+1, pair[1])
			}
			names[pair[1]] = true
		}
		key := m[1] + "{" + m[2] + "}"
		if _, twice := samples[key]; twice {
			t.Errorf("line %d: a sample twice: %s", n+1, key)
		}
		samples[key] = value
	}
	return samples
}

func TestMetrics(t *testing.T) {
	p := plan(t, facts(t, three(), nil))
	s := halts(p)
	halted := exposition(t, written(t, view.NewReport(s.status(t), s.at.Add(time.Minute), view.Where{}, nil, false))["prometheus"])
	done := exposition(t, written(t, view.NewReport(s.resumed(p).status(t), s.at, view.Where{}, nil, false))["prometheus"])
	const run, group = `run="20261122T020300Z-7q2d"`, `,group="k1+k2+k3"`
	for _, test := range []struct {
		key          string
		halted, done float64
	}{
		{"kea_lockstep_run_drives{" + run + "}", 1, 2},
		{"kea_lockstep_group_state{" + run + group + `,state="halted"}`, 1, 0},
		{"kea_lockstep_group_state{" + run + group + `,state="done"}`, 0, 1},
		{"kea_lockstep_group_past_point_of_no_return{" + run + group + "}", 1, 0},
		{"kea_lockstep_outage_seconds{" + run + group + "}", 72.49, 7*3600 + 23.24},
		{"kea_lockstep_outage_estimate_seconds{" + run + group + "}", p.Groups[0].Outage, p.Groups[0].Outage},
		{"kea_lockstep_phase_duration_seconds{" + run + group + `,phase="migrate"}`, 4, 10.02},
		{"kea_lockstep_server_outage_seconds{" + run + group + `,server="k1"}`, 72.49, 7*3600 + 23.24},
		{"kea_lockstep_server_fenced{" + run + group + `,server="k1"}`, 1, 0},
		{"kea_lockstep_server_info{" + run + group + `,server="k1",before="2.6.3",after="2.6.3"}`, 1, 0},
		{"kea_lockstep_server_info{" + run + group + `,server="k1",before="2.6.3",after="3.0.3"}`, 0, 1},
		{"kea_lockstep_run_ended_timestamp_seconds{" + run + "}", float64(s.events[0].Time.UnixMilli())/1000 + 14.92, float64(s.at.UnixMilli()) / 1000},
	} {
		if halted[test.key] != test.halted || done[test.key] != test.done {
			t.Errorf("%s is %v and %v, want %v and %v", test.key, halted[test.key], done[test.key], test.halted, test.done)
		}
	}
}
