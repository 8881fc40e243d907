// Package cli is the command line: what was typed becomes a call, what comes
// back becomes words and an exit code.
//
// It owns the commands (one file each), their flags, the exit codes and the
// wording of errors. It is the only package that imports urfave/cli. It decides
// nothing about a fleet, and writes to no stream that it was not given.
//
// It may import internal/live, internal/view, internal/notify, internal/audit,
// orchestrator, internal/fleet and internal/kea.
package cli
