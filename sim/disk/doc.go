// Package disk is the files of a simulated server, in memory: directories, links, permissions, owners, locks as flock(2) has
// them, and files that are made as they are read, such as those in /proc.
//
// It knows nothing of Kea, and touches no file of the machine that it runs on.
package disk
