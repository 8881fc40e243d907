package host

import (
	"encoding/json"
	"fmt"
	"time"

	"kea-lockstep/internal/world"
	"kea-lockstep/sim/shell"
)

// snapshots is where a snapshot of a database lies, whose name is told in the environment.
const snapshots = "/var/snapshots/"

// snapshot stands for an operator's own commands: "kea-snapshot take" keeps what the database holds, "put-back" restores it,
// "refuse" does neither and says so.
func (h *Host) snapshot(c *shell.Call) int {
	if len(c.Args) != 2 {
		return c.Unknown("this use of kea-snapshot")
	}
	name, file := c.Env["KEA_LOCKSTEP_NAME"], snapshots+c.Env["KEA_LOCKSTEP_BACKUP"]
	fmt.Fprintf(c.Out(), "%s of %s at schema %s, for run %s\n", c.Env["KEA_LOCKSTEP_WHAT"], name, c.Env["KEA_LOCKSTEP_SCHEMA"], c.Env["KEA_LOCKSTEP_RUN"])
	time.Sleep(h.all.Speed().Dump)
	switch c.Args[1] {
	case "take":
		held, ok := h.all.Contents(name)
		text, err := json.Marshal(held)
		if err == nil && ok {
			err = h.disk.Mkdir(snapshots, 0o700, true)
		}
		if err != nil || !ok || h.disk.Write(file, string(text), 0o600) != nil {
			return c.Fail(1, "%s cannot be kept (%v)", name, err)
		}
		fmt.Fprintf(c.Out(), "kept as %s\n", file)
		return 0
	case "put-back":
		text, err := h.disk.Read(file)
		if err != nil {
			return c.Fail(1, "%v", err)
		}
		var held world.Contents
		if err := json.Unmarshal(text, &held); err != nil || !h.all.Fill(name, held) {
			return c.Fail(1, "%s cannot be put back (%v)", name, err)
		}
		fmt.Fprintf(c.Out(), "put back %s, which said %q\n", file, c.Env["KEA_LOCKSTEP_SAID"])
		return 0
	}
	return c.Fail(28, "no space left on the array")
}
