// Package sshtest is an SSH server on loopback for tests. It checks keys as
// sshd does, really executes what it is told, forwards TCP and Unix
// connections, and can be made to fail: cut, frozen, noisy, refusing.
//
// It is for tests alone, and imports nothing of this module.
package sshtest
