//go:build lab

package dbcheck

import (
	"fmt"
	"strconv"
	"testing"
	"time"
)

// A lease counts from the client's last message on, as Kea keeps it: the expiry less the valid lifetime, or, of one that never expires, the
// expiry itself.
func TestLeasesAreCountedSince(t *testing.T) { both(t, testLeases) }

func testLeases(t *testing.T, s *server) {
	s.exec(t, "CREATE DATABASE counted")
	at := time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC) // beside a change of summer time
	stamp := "FROM_UNIXTIME(%d)"
	kind, expire := "INT UNSIGNED", "TIMESTAMP NULL"
	if s.engine == PostgreSQL {
		stamp, kind, expire = "to_timestamp(%d)", "BIGINT", "TIMESTAMP WITH TIME ZONE"
	}
	for _, family := range []string{"4", "6"} {
		s.in(t, "counted", "CREATE TABLE lease"+family+" (valid_lifetime "+kind+", expire "+expire+")")
	}
	row := func(family string, lifetime int64, last time.Duration) {
		expires := at.Add(last).Unix()
		if lifetime != forever {
			expires += lifetime
		}
		s.in(t, "counted", "INSERT INTO lease"+family+" VALUES ("+strconv.FormatInt(lifetime, 10)+", "+fmt.Sprintf(stamp, expires)+")")
	}
	for _, lifetime := range []int64{0, 600, 86400 * 365, forever} {
		row("4", lifetime, -time.Second)
		row("4", lifetime, 0)
		row("4", lifetime, time.Hour)
		row("6", lifetime, -time.Hour)
		row("6", lifetime, time.Second)
	}
	s.in(t, "counted", "INSERT INTO lease4 VALUES (600, NULL)")
	d := s.open(t, s.target("counted", "root", ""))
	for since, want := range map[time.Time]Leases{
		at: {8, 4}, at.Add(900 * time.Millisecond): {8, 4}, at.Add(time.Second): {4, 4}, at.Add(2 * time.Hour): {}, at.Add(-24 * time.Hour): {12, 8},
	} {
		if got, err := d.LeasesSince(t.Context(), since); err != nil || got != want {
			t.Errorf("since %s: %+v %v, want %+v", since, got, err, want)
		}
	}
	s.in(t, "counted", "DROP TABLE lease6")
	if got, err := d.LeasesSince(t.Context(), at); err == nil {
		t.Errorf("of a table that is not there: %+v", got)
	}
}
