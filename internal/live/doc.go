// Package live is the real fleet: it looks at servers and databases and changes them, over SSH and SQL.
//
// It implements fleet.Observer, orchestrator.Actor and orchestrator.Locker with the scripts of a playbook. Scripts act and
// print; what they print is read here and nowhere else. Every look asks the world; what is kept between looks are connections,
// accounts to log in with, and what a server calls itself. Passwords stay in this process's memory and in the memory of the
// program that needs them on a server.
//
// It must never decide what the procedure does next, and never print. It is the only importer of ssh, dbcheck and playbooks;
// besides these it knows internal/fleet, internal/kea, orchestrator and orchestrator/journal.
package live
