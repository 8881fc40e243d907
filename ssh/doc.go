// Package ssh works on servers from afar: it logs in, runs POSIX shell
// scripts, puts and gets files, starts jobs that outlive the connection, and
// opens connections from a server's own standpoint.
//
// It owns the connections (one for each server, shared jump hosts, keepalive,
// redial), the checking of host keys, the envelope in which a script travels,
// and the record that a job leaves on its server. What it promises above all
// is to tell "never started" from "may have run": see [ErrFateUnknown].
//
// It must never write a parameter, a secret or a script into a command line
// (only fixed strings travel as such), accept an unknown host key, or send a
// script twice. It knows nothing of Kea.
//
// It imports the standard library, golang.org/x/crypto/ssh,
// github.com/skeema/knownhosts and github.com/kevinburke/ssh_config, and no
// package of this module.
package ssh
