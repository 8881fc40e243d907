// Package world is the model of a fleet: servers, daemons, packages, fences, databases, sessions, jobs and clocks that behave as
// real ones were seen to (the package that starts its daemon, the old Kea that does not notice a new schema, kea-admin that exits
// 0 over failure, the migration that tears), with faults at any query or effect.
//
// A Driver implements the same interfaces as the real fleet over it, and may be killed. The model is pure: it knows no network,
// no file and no shell; its time is time.Now, so that tests run it in a testing/synctest bubble. It keeps watch over the one
// invariant and notes every violation. Real hosts say whether the model is right.
package world
