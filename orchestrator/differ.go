package orchestrator

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// widest is how much of a value a difference shows.
const widest = 120

// differs says in what a plan of a group differs first from another, as the plan's own JSON names it. Empty: in nothing that its digest is over.
func (g GroupPlan) differs(planned GroupPlan) string {
	var was, is any
	for plan, into := range map[*GroupPlan]*any{&planned: &was, &g: &is} {
		text, err := json.Marshal(plan.unmeasured())
		if err == nil {
			err = json.Unmarshal(text, into)
		}
		if err != nil {
			return err.Error()
		}
	}
	return difference("", was, is)
}

func difference(at string, was, is any) string {
	switch was := was.(type) {
	case map[string]any:
		is, same := is.(map[string]any)
		if !same {
			break
		}
		all := maps.Clone(is)
		maps.Copy(all, was)
		for _, key := range slices.Sorted(maps.Keys(all)) {
			if d := difference(at+"."+key, was[key], is[key]); d != "" {
				return d
			}
		}
		return ""
	case []any:
		is, same := is.([]any)
		if !same || len(is) != len(was) {
			break
		}
		for i := range was {
			if d := difference(fmt.Sprintf("%s[%s]", at, called(i, was[i])), was[i], is[i]); d != "" {
				return d
			}
		}
		return ""
	default:
		if was == is {
			return ""
		}
	}
	return fmt.Sprintf("%s was %s, is %s", at, shown(was), shown(is))
}

// called is how a thing of a list is found in it: by its name where it has one.
func called(i int, thing any) string {
	if fields, ok := thing.(map[string]any); ok {
		if name, ok := fields["name"].(string); ok {
			return name
		}
	}
	return strconv.Itoa(i)
}

// shown is a value as JSON writes it, cut short.
func shown(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	if all := []rune(string(text)); len(all) > widest {
		return string(all[:widest]) + "…"
	}
	return string(text)
}
