package view

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"kea-lockstep/orchestrator/journal"
)

// metrics collects samples by metric, in the text format that Prometheus scrapes and the textfile collector of its node_exporter reads.
type metrics struct {
	text strings.Builder
}

// label is one label of a sample.
type label struct{ name, value string }

// family begins a metric. All are gauges: a report says how it is, and is not asked again and again.
func (m *metrics) family(name, help string) func(value float64, labels ...label) {
	begun := false
	return func(value float64, labels ...label) {
		if !begun {
			fmt.Fprintf(&m.text, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name)
			begun = true
		}
		var all []string
		for _, l := range labels {
			all = append(all, l.name+`="`+labelValue.Replace(clean(l.value))+`"`)
		}
		fmt.Fprintf(&m.text, "%s{%s} %s\n", name, strings.Join(all, ","), strconv.FormatFloat(math.Round(value*1000)/1000, 'f', -1, 64)) // to the millisecond
	}
}

var labelValue = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// Prometheus gives what can be watched and compared of a run: where it stands, the outage, how long each phase took.
func (v Report) Prometheus() string {
	var m metrics
	run := label{"run", v.Run}
	v.runMetrics(&m, run)
	v.groupMetrics(&m, run)
	v.serverMetrics(&m, run)
	return m.text.String()
}

func (v Report) runMetrics(m *metrics, run label) {
	put := m.family("kea_lockstep_run_info", "The run that this is of.")
	put(1, run, label{"target", v.Target.String()}, label{"state", string(v.State)})
	put = m.family("kea_lockstep_run_drives", "How many drives the run took: the first, and each that carried it on.")
	put(float64(len(v.Drives)), run)
	for _, at := range []struct {
		name, help string
		time       time.Time
	}{
		{"kea_lockstep_run_begun_timestamp_seconds", "When the run began.", v.Began},
		{"kea_lockstep_run_ended_timestamp_seconds", "When its newest drive ended; absent while one is under way or died.", v.Ended},
	} {
		if !at.time.IsZero() {
			m.family(at.name, at.help)(float64(at.time.UnixMilli())/1000, run)
		}
	}
}

func (v Report) groupMetrics(m *metrics, run label) {
	put := m.family("kea_lockstep_group_state", "1 for the state that the group is in, 0 for each other.")
	for _, g := range v.Groups {
		for _, s := range []journal.State{
			journal.Waiting, journal.Running, journal.Paused, journal.Halted, journal.Interrupted, journal.Refused, journal.Done, journal.BackedOut, journal.RolledBack,
		} {
			put(truth(g.State == s), run, label{"group", g.ID}, label{"state", string(s)})
		}
	}
	put = m.family("kea_lockstep_group_past_point_of_no_return", "Whether the old software runs again only over a restored backup.")
	for _, g := range v.Groups {
		put(truth(g.PastReturn && g.State != journal.Done), run, label{"group", g.ID})
	}
	put = m.family("kea_lockstep_outage_seconds", "How long no server of the group answered, so far where that still lasts.")
	for _, g := range v.Groups {
		if o := g.Outage; !o.SetBack() && (!o.Back.IsZero() || o.Stopped.IsZero() || v.open()) {
			all := time.Duration(0)
			if !o.Rolled {
				all = v.sum(journal.ServerOutage{Stopped: o.Stopped, Back: o.Back, Past: o.Past})
			}
			put(all.Seconds(), run, label{"group", g.ID})
		}
	}
	put = m.family("kea_lockstep_outage_estimate_seconds", "How long the plan said that no server of the group would answer.")
	for _, g := range v.Groups {
		put(g.Estimate, run, label{"group", g.ID})
	}
	put = m.family("kea_lockstep_phase_duration_seconds", "How long a phase of the group took, in all drives together.")
	for _, g := range v.Groups {
		for _, l := range v.phaseLanes(g, v.Moments()) {
			sum := 0.0
			for _, b := range l.bars {
				sum += max(0, b.Until.Sub(b.From).Seconds())
			}
			put(sum, run, label{"group", g.ID}, label{"phase", l.name})
		}
	}
}

func (v Report) serverMetrics(m *metrics, run label) {
	of := func(s journal.ServerStatus, more ...label) []label {
		return append([]label{run, {"group", s.Group}, {"server", s.Name}}, more...)
	}
	put := m.family("kea_lockstep_server_info", "The Kea version of the server before the run, and as the run left it.")
	for _, s := range v.Servers {
		put(1, of(s, label{"before", s.Before.String()}, label{"after", installedOn(s).String()})...)
	}
	put = m.family("kea_lockstep_server_fenced", "Whether a fence of the run stands on the server.")
	for _, s := range v.Servers {
		put(truth(s.Fenced), of(s)...)
	}
	put = m.family("kea_lockstep_server_outage_seconds", "How long the server did not answer, so far where that still lasts.")
	for _, s := range v.Servers {
		i := slices.IndexFunc(v.Groups, func(g journal.GroupStatus) bool { return g.ID == s.Group })
		if i < 0 || v.Groups[i].Outage.SetBack() {
			continue
		}
		if o := v.Groups[i].Outage.Server[s.Name]; o.Stopped.IsZero() || !o.Back.IsZero() || v.open() {
			put(v.sum(o).Seconds(), of(s)...)
		}
	}
	put = m.family("kea_lockstep_backup_proved", "Whether the backup was proved: by restoring it, or by its counts where that risk was accepted.")
	for _, b := range v.lasting() {
		put(truth(b.Proved != ""), run, label{"database", string(b.Database)}, label{"server", b.Server}, label{"path", cmp.Or(b.Path, b.Name)})
	}
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
