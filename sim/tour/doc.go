// Command tour raises a simulated fleet and lets the product's own commands upgrade it while somebody watches and answers; or,
// with --keep, leaves the fleet up for commands from another terminal.
package main
