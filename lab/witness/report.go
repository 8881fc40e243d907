//go:build lab

package witness

import (
	"fmt"
	"strings"
	"time"

	"kea-lockstep/lab"
)

// Gap is a time without an OFFER, from the last one before it to the first one after it.
type Gap struct{ From, To time.Time }

// Length of the gap. With everything well it is the time between two questions, 0.1 s.
func (g Gap) Length() time.Duration { return g.To.Sub(g.From) }

// BadMoment is a daemon that lived while the schema was not the one that its version expects. That the daemon noticed and
// ended by itself is no excuse: Lived says how long it took.
type BadMoment struct {
	Process
	Engine         lab.Engine
	Expects, Found string    // schema versions; Expects is empty where the program is unknown
	From, To       time.Time // the first and the last look that saw it
	Lived          time.Duration
}

func (b BadMoment) String() string {
	expects := b.Expects
	if expects == "" {
		expects = "unknown"
	}
	by := ""
	if b.ByPackage {
		by = ", started by a package"
	}
	return fmt.Sprintf("%s %s: %s %s (pid %d%s) expects schema %s of %s, found %s for %.2f s; it lived %.2f s", b.From.Format("15:04:05.000"),
		b.Host, b.Daemon, b.Version, b.PID, by, expects, b.Engine, b.Found, b.To.Sub(b.From).Seconds(), b.Lived.Seconds())
}

// Change is a version of a database's schema and when it was first seen; an empty version says that the database did not answer.
type Change struct {
	Engine  lab.Engine
	At      time.Time
	Version string
}

// Server is how one server served.
type Server struct {
	Name   string
	Offers int
	Outage Gap // its longest
}

// Report is what the witness saw.
type Report struct {
	Begin, End time.Time
	Servers    []Server
	Outage     Gap // the longest time without an OFFER of any server
	BadMoments []BadMoment
	Schema     []Change // of one database after the other
	Processes  []Process
	// The longest times between two looks: what began and ended within one of them was not seen.
	Blind struct{ Schema, Processes time.Duration }
}

// sightless is how long the witness may see nothing: a virtual machine stands still for a second now and then, with all that is
// on it, and then there was nothing to see.
const sightless = 3 * time.Second

// WasBlind says that the witness saw nothing for too long for its silence to mean anything.
func (r Report) WasBlind() bool { return max(r.Blind.Schema, r.Blind.Processes) > sightless }

// FirstAnswer is how long no server answered at all.
func (r Report) FirstAnswer() time.Duration { return r.Outage.Length() }

// LastServer is how long the server that was away longest was away.
func (r Report) LastServer() time.Duration {
	var longest time.Duration
	for _, s := range r.Servers {
		longest = max(longest, s.Outage.Length())
	}
	return longest
}

// StartedByPackages are the daemons that a package's script started.
func (r Report) StartedByPackages() []Process {
	var started []Process
	for _, p := range r.Processes {
		if p.ByPackage {
			started = append(started, p)
		}
	}
	return started
}

func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "watched for %.1f s; no server answered for %.2f s; last server back after %.2f s\n",
		r.End.Sub(r.Begin).Seconds(), r.FirstAnswer().Seconds(), r.LastServer().Seconds())
	for _, s := range r.Servers {
		fmt.Fprintf(&b, "  %s away %.2f s, %d OFFERs\n", s.Name, s.Outage.Length().Seconds(), s.Offers)
	}
	for i, c := range r.Schema {
		if i == 0 || r.Schema[i-1].Engine != c.Engine {
			fmt.Fprintf(&b, "  schema of %s:", c.Engine)
		}
		version := c.Version
		if version == "" {
			version = "no answer"
		}
		fmt.Fprintf(&b, " %s (+%.2f s)", version, c.At.Sub(r.Begin).Seconds())
		if i == len(r.Schema)-1 || r.Schema[i+1].Engine != c.Engine {
			b.WriteString("\n")
		}
	}
	for _, p := range r.Processes {
		by := ""
		if p.ByPackage {
			by = ", started by a package"
		}
		fmt.Fprintf(&b, "  %s %s %s pid %d: +%.2f s to +%.2f s%s\n", p.Host, p.Daemon, p.Version, p.PID,
			p.First.Sub(r.Begin).Seconds(), p.Last.Sub(r.Begin).Seconds(), by)
	}
	fmt.Fprintf(&b, "  longest time between two looks: schema %.0f ms, processes %.0f ms\n",
		r.Blind.Schema.Seconds()*1e3, r.Blind.Processes.Seconds()*1e3)
	fmt.Fprintf(&b, "bad moments: %d\n", len(r.BadMoments))
	for _, m := range r.BadMoments {
		fmt.Fprintf(&b, "  %s\n", m)
	}
	return b.String()
}
