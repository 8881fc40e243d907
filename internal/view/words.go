package view

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"kea-lockstep/internal/fleet"
)

// names joins names for a sentence: "k1, k2 and k3".
func names(all []string) string {
	all = fleet.Short(all)
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	return strings.Join(all[:len(all)-1], ", ") + " and " + all[len(all)-1]
}

// count says a number of things: "1 server", "3 servers".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%s %ss", thousands(int64(n)), thing)
}

// thousands writes 412006 as 412,006.
func thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// seconds writes a duration as people say it: 0.4 s, 12 s, 3 min 5 s, 7 h 2 min.
func seconds(s float64) string {
	switch {
	case s < 10:
		return fmt.Sprintf("%.1f s", s)
	case s < 120:
		return fmt.Sprintf("%.0f s", s)
	case s >= 7200:
		return fmt.Sprintf("%d h %d min", int(s)/3600, int(s)/60%60)
	default:
		d := time.Duration(s) * time.Second
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	}
}

// Clock writes how long something has lasted: 00:06, 1:02:03.
func Clock(d time.Duration) string {
	s := int(d.Seconds())
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%02d:%02d", s/60, s%60)
}

// stamp is a moment for people, in UTC as the journal has it.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// short is the beginning of a digest, enough for people to tell two apart.
func short(hash string) string {
	const enough = len("sha256:") + 12
	if len(hash) <= enough {
		return hash
	}
	return hash[:enough] + "…"
}

// unique gives each text once, in order, without empty ones.
func unique(all []string) []string {
	var once []string
	seen := map[string]bool{"": true}
	for _, s := range all {
		if !seen[s] {
			seen[s] = true
			once = append(once, s)
		}
	}
	return once
}

// cutLine parts the first line of a text from the others.
func cutLine(text string) (first, rest string) {
	first, rest, _ = strings.Cut(strings.TrimRight(text, "\n"), "\n")
	return first, rest
}

// size says how many bytes a file has.
func size(bytes int64) string {
	switch {
	case bytes < 10_000:
		return count(int(bytes), "byte")
	case bytes < 10_000_000:
		return thousands(bytes/1000) + " kB"
	default:
		return thousands(bytes/1_000_000) + " MB"
	}
}
