// Package host is one simulated server: a disk, a shell with the programs that kea-lockstep's scripts call, units, processes, and
// connections to the database. What Kea, its packages and its units do is the world's (internal/world): the programs here
// translate between command lines and the world, and model nothing twice.
//
// A program or an option that is not known ends with an error that says so, never with success.
package host
