package fleet

import (
	"strconv"
	"strings"
)

// Crowd is how many servers people are shown one by one; of more, those that are alike are shown together.
const Crowd = 12

// Short gives a list of names for people: as it is up to a dozen, and of a longer one neighbours that are counted through, as k2, k3
// and k4 are, by the first and the last of them.
func Short(names []string) []string {
	if len(names) <= Crowd {
		return names
	}
	var short []string
	for i := 0; i < len(names); {
		last := i
		for last+1 < len(names) && follows(names[last], names[last+1]) {
			last++
		}
		if last-i > 1 {
			short = append(short, names[i]+" to "+names[last])
		} else {
			short = append(short, names[i:last+1]...)
		}
		i = last + 1
	}
	return short
}

// follows reports whether two names differ by a number at the end alone, which is one higher in the second.
func follows(a, b string) bool {
	stemA, numberA := counted(a)
	stemB, numberB := counted(b)
	x, errX := strconv.Atoi(numberA)
	y, errY := strconv.Atoi(numberB)
	padded := strings.HasPrefix(numberA, "0") || strings.HasPrefix(numberB, "0")
	return errX == nil && errY == nil && stemA == stemB && y == x+1 && (!padded || len(numberA) == len(numberB))
}

func counted(name string) (stem, number string) {
	stem = strings.TrimRight(name, "0123456789")
	return stem, name[len(stem):]
}
