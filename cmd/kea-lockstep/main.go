// Command kea-lockstep upgrades a fleet of Kea DHCP servers that share a
// database, in lockstep with the database's schema.
package main

import (
	"context"
	"os"

	"kea-lockstep/internal/cli"
)

func main() {
	os.Exit(cli.Main(context.Background(), os.Args, cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}
