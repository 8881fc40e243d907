// Package fleet raises a simulated fleet on loopback and writes down the way to it: fleet.yaml, keys and known_hosts in a
// directory, for the shipped program.
package fleet
