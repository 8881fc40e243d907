package live

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/playbooks"
)

// Pulse takes the cheap look at one server: units, processes, marker.
func (f *Fleet) Pulse(ctx context.Context, name string) (fleet.Pulse, error) {
	s, err := f.server(name)
	if err != nil {
		return fleet.Pulse{Name: name}, err
	}
	out, err := f.run(ctx, s, call{action: "pulse", look: true, timeout: 15 * time.Second})
	if err != nil {
		return fleet.Pulse{Name: name}, err
	}
	book, _ := s.playbook()
	return parsePulse(name, book, out)
}

// parsePulse reads what pulse.sh prints.
func parsePulse(name string, book playbooks.Playbook, out []byte) (fleet.Pulse, error) {
	p := fleet.Pulse{Name: name}
	found, err := parseSections(out)
	if err != nil {
		return p, fmt.Errorf("%s: pulse: %w", name, err)
	}
	p.BootID = found.first("boot")
	if p.Claim, err = parseClaim(found); err != nil {
		return p, fmt.Errorf("%s: pulse: %w", name, err)
	}
	shown := map[string]map[string]string{}
	for _, block := range found.properties("show") {
		shown[block["Id"]] = block
	}
	rows := found.rows("units", 10)
	if len(rows) == 0 {
		return p, fmt.Errorf("%s: pulse: it tells of no unit", name)
	}
	for _, row := range rows {
		if shown[row[0]] == nil {
			return p, fmt.Errorf("%s: pulse: systemctl did not tell of %s", name, row[0])
		}
		p.Units = append(p.Units, parseUnit(row, shown[row[0]]))
	}
	for _, row := range found.rows("processes", 5) {
		one, err := parseProcess(row, book)
		if err != nil {
			return p, fmt.Errorf("%s: pulse: %w", name, err)
		}
		if row[1] == "kea-admin" || strings.HasPrefix(row[1], "upgrade_") { // a script of its, which outlives it
			p.Admins = append(p.Admins, foreign(one.PID, row)...)
			continue
		}
		p.Processes = append(p.Processes, one)
	}
	return p, nil
}

// parseClaim reads "RUN EPOCH" and the driver as the marker has it, a JSON string with a comma behind it.
func parseClaim(found sections) (fleet.Claim, error) {
	text := found.first("claim")
	if text == "" {
		return fleet.Claim{}, nil
	}
	run, number, ok := strings.Cut(text, " ")
	epoch, err := strconv.Atoi(number)
	if !ok || err != nil {
		return fleet.Claim{}, fmt.Errorf("the marker's claim cannot be read: %q", text)
	}
	c := fleet.Claim{Run: run, Epoch: epoch}
	if json.Unmarshal([]byte(strings.TrimSuffix(found.first("driver"), ",")), &c.Driver) != nil {
		c.Driver = "unknown"
	}
	return c, nil
}

// parseUnit reads one unit: unit, daemon, present, masked, own, linked, install, configuration, user, fence.
func parseUnit(row []string, shown map[string]string) fleet.Unit {
	u := fleet.Unit{
		Name: row[0], Daemon: kea.DaemonKind(row[1]), Present: row[2] == "yes", Masked: row[3] == "yes", Own: row[4] == "yes",
		Config: row[7], User: row[8], Fence: row[9],
		Active: shown["ActiveState"], Enabled: shown["UnitFileState"],
	}
	u.PID, _ = strconv.Atoi(shown["MainPID"]) // 0 where there is none
	if u.Masked {
		u.Enabled = underMask(u.Present, row[5] == "linked", row[6] == "yes")
	}
	if !u.Present {
		u.Config, u.User = "", ""
	}
	return u
}

// underMask is what systemctl would say of a unit if it were not masked.
func underMask(present, linked, install bool) string {
	switch {
	case linked:
		return "enabled"
	case install:
		return "disabled"
	case present:
		return "static"
	}
	return ""
}

// foreign gives the kea-admin of a process row where it changes a database and is none of ours.
func foreign(pid int, row []string) []fleet.Admin {
	if strings.HasPrefix(row[2], unitPrefix) || strings.Contains(row[4], " memfile ") {
		return nil
	}
	if row[1] != "kea-admin" {
		return []fleet.Admin{{PID: pid, Command: "db-upgrade"}}
	}
	for _, command := range []string{"db-init", "db-upgrade", "lease-upload", "stats-recount"} {
		if strings.Contains(row[4]+" ", " "+command+" ") {
			return []fleet.Admin{{PID: pid, Command: command}}
		}
	}
	return nil
}

// parseProcess reads one daemon process. A unit that the playbook does not know is none: whoever made it starts Kea by hand.
func parseProcess(row []string, book playbooks.Playbook) (fleet.Process, error) {
	pid, err := strconv.Atoi(row[0])
	if err != nil || pid <= 0 {
		return fleet.Process{}, fmt.Errorf("a process without a number: %q", row)
	}
	p := fleet.Process{PID: pid, Daemon: kea.DaemonKind(row[1]), Unit: row[2], Started: row[3], Command: strings.TrimSpace(row[4])}
	if p.Unit != "" && !slices.ContainsFunc(book.Units, func(u playbooks.Unit) bool { return u.Name == p.Unit }) {
		p.Command, p.Unit = p.Command+" (in "+p.Unit+")", ""
	}
	return p, nil
}
