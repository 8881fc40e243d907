package view

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// Where is what a command line must name so that a command finds the fleet and the run again: flags that are not at their
// defaults, each with a blank before it.
type Where struct {
	Fleet string // " -f other.yaml", for commands that read the fleet file
	State string // " --state DIR", for all
}

// Complete gives the status with the command to type next, and each group's problem with where the fleet stands and all ways on.
func Complete(s journal.Status, at Where) journal.Status {
	s.Groups = slices.Clone(s.Groups)
	s.Next = ""
	for i := range s.Groups {
		g := &s.Groups[i]
		next := ways(s, *g, at)
		if g.Problem != nil {
			p := *g.Problem
			p.Now, p.Next = whereabouts(s, *g, time.Time{}), append(slices.Clone(p.Next), next...)
			g.Problem = &p
		}
		if g.State == s.State && s.Next == "" && len(next) > 0 {
			s.Next = next[0].Command
		}
	}
	return s
}

// Ways are the commands that lead on from where a run stands, those of its worst group.
func Ways(s journal.Status, at Where) []journal.Next {
	for _, g := range s.Groups {
		if g.State == s.State {
			return ways(s, g, at)
		}
	}
	return nil
}

// ways are the commands that lead on from where a group stands, the first choice first.
func ways(s journal.Status, g journal.GroupStatus, at Where) []journal.Next {
	resume := "kea-lockstep resume " + s.Run + at.State
	upgrade := "kea-lockstep upgrade --to " + s.Target.String() + at.Fleet + at.State
	switch g.State {
	case journal.Halted, journal.Interrupted, journal.Paused, journal.Waiting:
		return unfinished(s, g, at, resume, upgrade)
	case journal.Running:
		return []journal.Next{{Command: "kea-lockstep status " + s.Run + at.State, Does: "shows where it stands"}}
	case journal.Refused:
		return []journal.Next{{Command: upgrade, Does: "plans again, once that is mended"}}
	case journal.BackedOut, journal.RolledBack:
		return []journal.Next{
			{Command: "kea-lockstep check" + at.Fleet, Does: "asks every server whether it matches its database"},
			{Command: upgrade, Does: "plans again, once what stopped it is mended"},
		}
	default:
		return []journal.Next{{Command: "kea-lockstep check" + at.Fleet, Does: "asks every server whether it matches its database"}}
	}
}

func unfinished(s journal.Status, g journal.GroupStatus, at Where, resume, upgrade string) []journal.Next {
	rollback := "kea-lockstep rollback " + s.Run + at.State
	goesOn := func(how string) journal.Next { // one that was paused stands where it was to stand
		if g.State == journal.Paused && g.Problem != nil && g.Problem.Phase != "" {
			how = "asks the fleet where it stands, and goes on with " + g.Problem.Phase
		}
		return journal.Next{Command: resume, Does: how}
	}
	switch {
	case g.RollingBack:
		return []journal.Next{{Command: rollback, Does: "goes on with the way back to " + before(s, g)}}
	case g.BackingOut:
		on := []journal.Next{{Command: resume, Does: "goes on backing out to the old state"}}
		if len(s.Backups) > 0 {
			on = append(on, journal.Next{Command: rollback, Does: "does that too where somebody else migrated meanwhile: it restores the backup"})
		}
		return on
	case g.PastReturn && migrated(s):
		return rollbackToo(s, g, goesOn("asks the fleet how far it got, and goes on to the target"), rollback)
	case g.PastReturn:
		return rollbackToo(s, g, goesOn("asks the database how far it got, and goes on; a torn schema is restored from the backup, after a yes"), rollback)
	case Touched(g):
		return []journal.Next{
			goesOn("asks the fleet how far it got, and goes on"),
			{Command: "kea-lockstep abort " + s.Run + at.State, Does: "backs out to " + before(s, g)},
		}
	case g.State == journal.Waiting:
		return []journal.Next{{Command: resume, Does: "begins with this group"}}
	case g.State == journal.Paused:
		return []journal.Next{goesOn("goes on")}
	default:
		return []journal.Next{{Command: upgrade, Does: "begins anew; nothing was changed"}}
	}
}

// rollbackToo offers the way back beside the way on, where there is a backup to go back to, and says what it costs.
func rollbackToo(s journal.Status, g journal.GroupStatus, on journal.Next, rollback string) []journal.Next {
	if len(s.Backups) == 0 {
		return []journal.Next{on}
	}
	does := fmt.Sprintf("restores the backup, and goes back to %s and its configuration; no Kea of the target has served since", before(s, g))
	if g.Served {
		does = fmt.Sprintf("restores the backup, and goes back to %s and its configuration; what was written since the backup is lost, so it wants the word typed", before(s, g))
	}
	return []journal.Next{on, {Command: rollback, Does: does}}
}

// migrated reports whether every database was seen at another schema than before.
func migrated(s journal.Status) bool {
	return !slices.ContainsFunc(s.Bases, func(d journal.DatabaseStatus) bool { return d.After == d.Before })
}

// Touched reports whether an effect on any server of the group was begun.
func Touched(g journal.GroupStatus) bool {
	for id, step := range g.Steps {
		if step.Attempt > 0 && strings.HasPrefix(id, string(orchestrator.KindClaim)+"-") {
			return true
		}
	}
	return false
}

func before(s journal.Status, g journal.GroupStatus) string {
	var versions []string
	for _, server := range s.Servers {
		if server.Group == g.ID {
			versions = append(versions, "Kea "+server.Before.String())
		}
	}
	return strings.Join(unique(versions), " and ")
}

// whereabouts says of each server and database of a group where the events left it: a fence that stands is named with the command
// that lifts it. The time is for what still lasts, zero where it is not known whether it does.
func whereabouts(s journal.Status, g journal.GroupStatus, now time.Time) []string {
	var lines []string
	var all []alike
	for _, server := range s.Servers {
		if server.Group == g.ID {
			all = append(all, alike{names: []string{server.Name}, rows: [][]cell{cells(serverStands(s, g, server))}})
		}
	}
	for _, row := range crowded(all) {
		lines = append(lines, row[0].text+"  "+row[1].text)
	}
	for _, d := range s.Bases {
		if d.Group != g.ID {
			continue
		}
		text := fmt.Sprintf("%s  schema %s", d.Name, d.After)
		if g.PastReturn && d.After == d.Before && g.MigrationBegun(d) {
			text = fmt.Sprintf("%s  schema was %s; its migration was begun", d.Name, d.Before)
			if d.Migration != nil {
				text = fmt.Sprintf("%s  schema was %s; its migration %s", d.Name, d.Before, climbing(*d.Migration, now))
			}
		}
		lines = append(lines, text)
	}
	return lines
}

func serverStands(s journal.Status, g journal.GroupStatus, server journal.ServerStatus) string {
	outage, stopped := g.Outage.Server[server.Name]
	text := fmt.Sprintf("Kea %s", installedOn(server))
	switch {
	case server.Dead && server.Fenced:
		return text + ", declared dead, fenced as far as is known"
	case server.Dead:
		return text + ", declared dead"
	case server.Fenced && !stopped:
		text += ", fenced, not stopped yet"
	case server.Fenced:
		text += ", stopped and fenced"
	case stopped && !outage.Back.IsZero():
		text += ", serves"
	case stopped:
		text += ", its fence is lifted, not confirmed yet"
	default:
		text += ", not touched"
	}
	if server.Doing != "" {
		text += " (" + server.Doing + ")"
	}
	if server.Fenced {
		command := "resume"
		if g.RollingBack {
			command = "rollback"
		}
		text += "; kea-lockstep " + command + " " + s.Run + " lifts the fence"
	}
	return text
}
