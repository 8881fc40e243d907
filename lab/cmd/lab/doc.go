//go:build lab

// Command lab raises and removes fleets of real Debian hosts with Kea on this machine; see package lab. It is built with the
// tag "lab" only, and needs root.
package main
