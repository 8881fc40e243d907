// Package sshd is the SSH server of a simulated server: it checks keys, runs the one command line that kea-lockstep sends, and
// forwards connections as the server itself would make them. It knows nothing of Kea.
package sshd
