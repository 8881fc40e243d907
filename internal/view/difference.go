package view

import (
	"fmt"
	"slices"
	"strings"

	"kea-lockstep/orchestrator"
)

// Differences says, one line each, in what a fleet's plan of now differs from a saved one. It is empty exactly when their hashes
// are equal.
func Differences(saved, now Plan) []string {
	if saved.Hash == now.Hash {
		return nil
	}
	var all []string
	differ := func(what string, was, is any) {
		if was, is := fmt.Sprint(was), fmt.Sprint(is); was != is {
			all = append(all, fmt.Sprintf("%s: was %s, is %s", what, quiet(was), quiet(is)))
		}
	}
	differ("target", saved.Target, now.Target)
	differ("accepted risks", saved.Accepted, now.Accepted)
	differ("options", fmt.Sprintf("%+v", bareOptions(saved)), fmt.Sprintf("%+v", bareOptions(now)))
	differ("groups", groupIDs(saved), groupIDs(now))
	for _, g := range saved.Groups {
		i := slices.IndexFunc(now.Groups, func(h PlanGroup) bool { return h.ID == g.ID })
		if i >= 0 {
			differGroup(differ, g, now.Groups[i])
		}
	}
	for _, f := range now.Refusals {
		all = append(all, "refused now: "+f.Message)
	}
	if len(all) == 0 {
		all = append(all, "the plans differ in what is not shown here: plan again, with this version of kea-lockstep")
	}
	return all
}

func differGroup(differ func(what string, was, is any), g, h PlanGroup) {
	at := func(parts ...string) string { return g.ID + ": " + strings.Join(parts, " ") }
	differ(at("mode"), g.Mode, h.Mode)
	differ(at("canary"), g.Canary, h.Canary)
	for _, s := range g.Servers {
		i := slices.IndexFunc(h.Servers, func(t orchestrator.ServerPlan) bool { return t.Name == s.Name })
		if i < 0 {
			continue
		}
		t := h.Servers[i]
		differ(at(s.Name, "Kea"), s.Before, t.Before)
		differ(at(s.Name, "packages"), s.Packages, t.Packages)
		differ(at(s.Name, "units"), s.Units, t.Units)
		differ(at(s.Name, "configuration"), s.Files, t.Files)
		differ(at(s.Name, "confirmed without"), s.Drops, t.Drops)
	}
	for _, d := range g.Databases {
		for _, e := range h.Databases {
			if d.ID == e.ID {
				differ(at(d.Name, "schema"), d.Before, e.Before)
				differ(at(d.Name, "target schema"), d.Target, e.Target)
				differ(at(d.Name, "places"), d.Places, e.Places)
				differ(at(d.Name, "backed up from"), d.Backups, e.Backups)
				differ(at(d.Name, "backup can be proved"), d.Proof, e.Proof)
			}
		}
	}
	differ(at("databases"), databaseIDs(g), databaseIDs(h))
	was, is := stepTexts(g), stepTexts(h)
	differ(at("steps"), without(was, is), without(is, was))
}

// quiet keeps a difference to a line that can be read.
func quiet(text string) string {
	const most = 160
	if text = strings.TrimSpace(text); text == "" || text == "[]" {
		return "none"
	}
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

func bareOptions(v Plan) any {
	o := v.Options
	return []any{o.Early, o.Serial, o.Parallel, o.Settle, o.Backup, o.Probe, o.Allow, o.Dir, o.Command, o.Restore}
}

func groupIDs(v Plan) (ids []string) {
	for _, g := range v.Groups {
		ids = append(ids, g.ID)
	}
	return ids
}

func databaseIDs(g PlanGroup) (ids []string) {
	for _, d := range g.Databases {
		ids = append(ids, string(d.ID))
	}
	return ids
}

// stepTexts names each step with what would run for it.
func stepTexts(g PlanGroup) (steps map[string]string) {
	steps = map[string]string{}
	for _, phases := range [][]PlanPhase{g.Phases, g.Back} {
		for _, p := range phases {
			for _, s := range p.Steps {
				steps[s.ID] = strings.Join(s.Commands, "\n")
			}
		}
	}
	return steps
}

// without names the steps of one plan that the other does not have, or not with the same commands.
func without(these, those map[string]string) []string {
	var names []string
	for id, commands := range these {
		if other, ok := those[id]; !ok || other != commands {
			names = append(names, id)
		}
	}
	slices.Sort(names)
	return names
}
