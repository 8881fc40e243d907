//go:build lab

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"kea-lockstep/lab"
	"kea-lockstep/lab/bench"
)

// measure raises a fleet of its own, lets the drivers upgrade it in turn and prints the witness's figures.
func measure(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	rounds := flags.Int("rounds", 3, "how often each")
	servers := flags.Int("servers", 3, "how many Kea servers")
	engine := flags.String("engine", string(lab.MySQL), "of the shared database: mysql (MariaDB), oracle-mysql or postgresql")
	product := flags.String("product", "", "a kea-lockstep binary")
	cpu := flags.Float64("cpu", 0, "how much of one CPU each host has")
	asJSON := flags.Bool("json", false, "print figures for a machine")
	if err := flags.Parse(args); err != nil || *rounds < 1 {
		return errUsage
	}
	drivers := []bench.Driver{bench.Script()}
	if *product != "" {
		drivers = append(drivers, bench.Product(*product, flags.Args()...))
	}
	f, err := lab.Up(ctx, lab.Spec{Name: fmt.Sprintf("bench%d", os.Getpid()), Servers: *servers, Engine: lab.Engine(*engine), CPU: *cpu}, os.Stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Down(context.WithoutCancel(ctx))) }()
	results, err := bench.Rounds(ctx, f, *rounds, os.Stderr, drivers...)
	if err != nil {
		return err
	}
	if *asJSON {
		data, err := bench.JSON(results)
		fmt.Println(string(data))
		return errors.Join(err, bench.Bad(results))
	}
	fmt.Print(bench.Table(results))
	return bench.Bad(results)
}
