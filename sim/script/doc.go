// Package script holds scripts over the shipped command line on the simulated fleet: every command, exit codes, flags in every
// position, what is refused without a terminal, and plans as they are printed. The command runs as a process of its own.
package script
