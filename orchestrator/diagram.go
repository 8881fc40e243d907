package orchestrator

import (
	"fmt"
	"strings"
)

// Diagram draws the phases of a group that moves in lockstep, in Mermaid's language: their order, the gate and the question
// before each, and the way back. It is made from the very tables that plans are made from.
func Diagram() string {
	var b strings.Builder
	b.WriteString("flowchart TD\n")
	drawWay(&b, lockstep[:])
	b.WriteString("  subgraph back [the way back]\n")
	drawWay(&b, back[:])
	b.WriteString("  end\n")
	fmt.Fprintf(&b, "  %s -. \"gate or step fails, or the answer is no\" .-> %s\n", nodeOf(gateway(lockstep[phaseIndex(Migrate)])), nodeOf(BackSoftware))
	fmt.Fprintf(&b, "  %s -. \"halted there or later, and rollback is typed\" .-> %s\n", nodeOf(Migrate), nodeOf(BackStop))
	b.WriteString("  classDef outage fill:#fde2e2,stroke:#b42318\n")
	return b.String()
}

func drawWay(b *strings.Builder, rows []row) {
	for i, r := range rows {
		shape := "[\"" + r.name + "\"]"
		if r.outage {
			shape += ":::outage"
		}
		fmt.Fprintf(b, "  %s%s\n", nodeOf(r.name), shape)
		if r.gate != "" {
			text := "gate: " + string(r.gate)
			if r.ask != "" {
				text += "<br>asked: " + string(r.ask)
			}
			fmt.Fprintf(b, "  %s{\"%s\"} --> %s\n", nodeOf(gateway(r)), text, nodeOf(r.name))
		}
		for _, before := range r.waitsFor(rows, i) {
			fmt.Fprintf(b, "  %s --> %s\n", nodeOf(before), nodeOf(gateway(r)))
		}
	}
}

// waitsFor gives the phases that must be done before a row of a table.
func (r row) waitsFor(rows []row, i int) []string {
	if len(r.after) == 0 && i > 0 {
		return []string{rows[i-1].name}
	}
	return r.after
}

// gateway is the node by which a phase is entered: its gate where it has one.
func gateway(r row) string {
	if r.gate == "" {
		return r.name
	}
	return "gate " + string(r.gate)
}

func nodeOf(name string) string { return strings.ReplaceAll(name, " ", "_") }

func phaseIndex(name string) int {
	for i, r := range lockstep {
		if r.name == name {
			return i
		}
	}
	return -1
}

// PhaseTable writes the same tables out: each phase, whether clients wait in it, what it waits for, its gate and its question.
func PhaseTable() string {
	var b strings.Builder
	b.WriteString("| phase | clients wait | after | gate | question |\n|---|---|---|---|---|\n")
	for _, rows := range [][]row{lockstep[:], back[:]} {
		for i, r := range rows {
			wait := ""
			if r.outage {
				wait = "yes"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", r.name, wait, strings.Join(r.waitsFor(rows, i), ", "), r.gate, r.ask)
		}
	}
	return b.String()
}
