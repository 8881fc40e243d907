package kea

import (
	_ "embed"
	"encoding/json"
	"slices"
	"sync"
)

//go:embed releases.json
var releasesJSON []byte

// Release is one release of Kea and the schemas that its programs expect,
// read from the constants of its source: src/lib/mysql/mysql_constants.h,
// src/lib/pgsql/pgsql_connection.h, and the newest upgrade script, which agree
// from 1.1.0 on.
type Release struct {
	Version    Version `json:"kea"`
	MySQL      Schema  `json:"mysql"`
	PostgreSQL Schema  `json:"pgsql"`
	Released   string  `json:"released"` // YYYY-MM-DD
}

// releases is the table, oldest first, read once and never changed.
var releases = sync.OnceValue(func() []Release {
	var table []Release
	if err := json.Unmarshal(releasesJSON, &table); err != nil {
		panic("the release table of this build is damaged: " + err.Error())
	}
	slices.SortFunc(table, func(a, b Release) int { return a.Version.Compare(b.Version) })
	return table
})

// Releases is the release table, oldest first.
func Releases() []Release { return slices.Clone(releases()) }

// Expected is the schema that a release of Kea expects of an engine. It is
// false for a version that the table does not have: newer than this program,
// or no release at all.
func Expected(v Version, e Engine) (Schema, bool) {
	i, found := slices.BinarySearchFunc(releases(), v, func(r Release, v Version) int { return r.Version.Compare(v) })
	if !found {
		return Schema{}, false
	}
	switch e {
	case MySQL:
		return releases()[i].MySQL, true
	case PostgreSQL:
		return releases()[i].PostgreSQL, true
	default:
		return Schema{}, false
	}
}

// ReleasesWith are the releases that expect this schema, oldest first: who
// could have made the database that is found.
func ReleasesWith(s Schema, e Engine) []Version {
	var found []Version
	for _, r := range releases() {
		if expects, ok := Expected(r.Version, e); ok && expects == s {
			found = append(found, r.Version)
		}
	}
	return found
}
