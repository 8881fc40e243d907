package live

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"kea-lockstep/orchestrator"
	"kea-lockstep/playbooks"
	"kea-lockstep/ssh"
)

// actions are the scripts that each kind of step runs on its server, in their order. Steps that only look run none of them.
var actions = map[orchestrator.Kind][]string{
	orchestrator.KindPrefetch:  {"simulate", "prefetch"},
	orchestrator.KindStage:     {"room"},
	orchestrator.KindClaim:     {"claim"},
	orchestrator.KindFence:     {"fence"},
	orchestrator.KindStop:      {"stop"},
	orchestrator.KindDump:      {"dump"},
	orchestrator.KindKeep:      {"dump"},
	orchestrator.KindProve:     {"prove"},
	orchestrator.KindInstall:   {"install"},
	orchestrator.KindConfigure: {"configure"},
	orchestrator.KindTest:      {"test"},
	orchestrator.KindMigrate:   {"migrate"},
	orchestrator.KindRestore:   {"restore"},
	orchestrator.KindUnfence:   {"unfence"},
	orchestrator.KindStart:     {"start"},
	orchestrator.KindRelease:   {"release"},
}

// defaultPlaybook speaks for a server that was never reached.
const defaultPlaybook = "debian"

// Scripts gives the exact shell that a step runs, for people to read and for the plan's hash: what is known from the step stands
// before it as assignments, and what the plan gives besides is listed in the script's head. Secrets never stand in it.
func (f *Fleet) Scripts(s orchestrator.Step) []string {
	book, ok := playbooks.Playbook{}, false
	if on, known := f.servers[s.Server]; known {
		book, ok = on.playbook()
	}
	if !ok {
		var err error
		if book, err = playbooks.Load(defaultPlaybook); err != nil {
			return nil
		}
	}
	var all []string
	for _, action := range actionsOf(s) {
		text, err := book.Script(action, string(s.At.Engine))
		if err != nil {
			continue // a test asks for every one
		}
		all = append(all, assigned(append(given(book, s.At.Engine, text), f.ofStep(s, text)...))+text)
	}
	return all
}

// actionsOf are the scripts of a step.
func actionsOf(s orchestrator.Step) []string {
	switch {
	case s.ByCommand() && s.Kind == orchestrator.KindDump:
		return []string{ownActions["backup"]}
	case s.ByCommand():
		return []string{ownActions["restore"]}
	case s.ByCopy():
		return []string{copyActions[s.Kind]}
	}
	return actions[s.Kind]
}

// ofStep are the parameters that follow from the step itself.
func (f *Fleet) ofStep(s orchestrator.Step, script string) []ssh.Param {
	way := orchestrator.WayOn
	if s.Back() {
		way = orchestrator.WayBack
	}
	host := s.At.Host
	if host == "" {
		host = "localhost"
	}
	values := map[string]string{"way": way}
	if s.ByCommand() {
		values["what"], values["words"] = "backup", strings.Join(f.file.Backup.Command, "\n")
		if s.Kind == orchestrator.KindRestore {
			values["what"], values["words"] = "restore", strings.Join(f.file.Backup.RestoreCommand, "\n")
		}
	}
	if s.At.Server != "" {
		values["host"], values["database"] = host, s.At.Name
		values["port"] = fmt.Sprint(max(s.At.Port, 0))
		if s.At.Port == 0 {
			values["port"] = fmt.Sprint(s.At.Engine.DefaultPort())
		}
	}
	var params []ssh.Param
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if asks(script, name) {
			params = append(params, ssh.Param{Name: name, Value: values[name]})
		}
	}
	return params
}

// assigned writes parameters as the shell reads them.
func assigned(params []ssh.Param) string {
	var b strings.Builder
	for _, p := range params {
		b.WriteString(p.Name + "='" + strings.ReplaceAll(p.Value, "'", `'\''`) + "'\n")
	}
	return b.String()
}
