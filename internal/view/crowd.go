package view

import (
	"fmt"

	"kea-lockstep/internal/fleet"
)

// alike is what is shown of one server or of several: names in the first cell of the first row.
type alike struct {
	names []string
	rows  [][]cell
}

// crowded shows servers of which the same is to be said together, where they are more than people read one by one.
func crowded(all []alike) [][]cell {
	if len(all) > fleet.Crowd {
		all = together(all)
	}
	var rows [][]cell
	for _, one := range all {
		for i, row := range one.rows {
			name := ""
			if i == 0 {
				name = several(one.names)
			}
			rows = append(rows, append([]cell{c(name)}, row...))
		}
	}
	return rows
}

func together(all []alike) []alike {
	var merged []alike
	at := map[string]int{}
	for _, one := range all {
		key := fmt.Sprint(one.rows)
		i, known := at[key]
		if !known {
			i = len(merged)
			at[key] = i
			merged = append(merged, alike{rows: one.rows})
		}
		merged[i].names = append(merged[i].names, one.names...)
	}
	return merged
}

// several names servers, and says how many they are where that is not seen at a glance.
func several(all []string) string {
	if len(all) > fleet.Crowd {
		return fmt.Sprintf("%s (%s)", names(all), count(len(all), "server"))
	}
	return names(all)
}
