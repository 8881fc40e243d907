//go:build lab

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"kea-lockstep/lab"
)

const usage = `usage:
  lab base [--prune]                    build the base systems, where they are not there yet; remove those no longer used
  lab up [--name NAME] [--servers N] [--engine mysql|oracle-mysql|postgresql] [--second ENGINE] [--dhcpv6 SERVER]
         [--from 2.2.0] [--leases N] [--leases6 N]
                                        raise a fleet
  lab status                            show the fleets that are up
  lab reset NAME                        put a fleet back to its first state
  lab run NAME HOST SCRIPT              run a shell script as root on a host
  lab boot NAME HOST                    switch a host on
  lab power-cut NAME HOST               switch a host off at once
  lab reboot NAME HOST                  restart a host as its administrator does
  lab freeze NAME HOST                  stop everything on a host where it stands
  lab thaw NAME HOST                    let it go on
  lab cut NAME HOST                     pull a host's network cable
  lab plug NAME HOST                    plug it in again
  lab kill-ssh NAME HOST                kill a host's sshd and its sessions
  lab start-ssh NAME HOST               bring it back
  lab down NAME | --all                 remove a fleet, or whatever is left of any
  lab bench [--rounds N] [--servers N] [--cpu SHARE] [--engine mysql|oracle-mysql|postgresql] [--product PATH] [--json] [-- FLAG...]
                                        measure the hand-written script, and a kea-lockstep in turn with it
`

var errUsage = errors.New("wrong usage")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:])
	switch {
	case errors.Is(err, errUsage):
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "lab:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errUsage
	}
	switch args[0] {
	case "base":
		return makeBase(ctx, len(args) == 2 && args[1] == "--prune")
	case "up":
		return up(ctx, args[1:])
	case "bench":
		return measure(ctx, args[1:])
	case "status":
		return status()
	case "down":
		if len(args) == 2 && args[1] == "--all" {
			return downAll(ctx)
		}
	}
	return withFleet(ctx, args)
}

func makeBase(ctx context.Context, prune bool) error {
	base, err := lab.EnsureBase(ctx, os.Stderr)
	if err != nil {
		return err
	}
	fmt.Println(base.Dir)
	if !prune {
		return nil
	}
	removed, err := lab.PruneBases()
	for _, dir := range removed {
		fmt.Println("removed", dir)
	}
	return err
}

func up(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("up", flag.ContinueOnError)
	name := flags.String("name", "lab", "the fleet's name")
	servers := flags.Int("servers", 3, "how many Kea servers")
	engine := flags.String("engine", string(lab.MySQL), "of the shared database: mysql (MariaDB), oracle-mysql or postgresql")
	second := flags.String("second", "", "the engine of a second database, which has the reservations")
	dhcpv6 := flags.String("dhcpv6", "", "the server that runs kea-dhcp6 as well")
	from := flags.String("from", "", "the version of Kea that the servers have: 2.2.0; else Debian 13's own")
	origin := flags.String("origin", string(lab.Debian), "of the servers' packages: debian, isc, rpm or alpine")
	leases := flags.Int("leases", 0, "how many IPv4 leases more the database has than those of every fleet")
	leases6 := flags.Int("leases6", 0, "how many IPv6 leases it has")
	if err := flags.Parse(args); err != nil {
		return errUsage
	}
	begin := time.Now()
	f, err := lab.Up(ctx, lab.Spec{Name: *name, Servers: *servers, Engine: lab.Engine(*engine), Second: lab.Engine(*second), DHCPv6: *dhcpv6, From: *from, Origin: lab.Origin(*origin)}, os.Stderr)
	if err != nil {
		return err
	}
	if *leases > 0 || *leases6 > 0 {
		if err := f.AddLeases(ctx, *leases, *leases6); err != nil {
			return err
		}
	}
	show(f)
	fmt.Printf("up in %.1f s; fleet file: %s (export %s=%s)\n", time.Since(begin).Seconds(), f.FleetFile(),
		lab.AdminPasswordVariable, lab.AdminPassword)
	return nil
}

func show(f *lab.Fleet) {
	fmt.Printf("%s: %s; ssh -F %s HOST; prober %s, witness %s\n", f.Name, f.Engine, f.SSHConfig(), f.Prober, f.Witness)
	for _, h := range f.Hosts() {
		state := "on"
		if _, err := f.Leader(h.Name); err != nil {
			state = "off"
		}
		fmt.Printf("  %-4s %-12s %s\n", h.Name, h.Address, state)
	}
}

func status() error {
	fleets, err := lab.All()
	for _, f := range fleets {
		show(f)
	}
	return err
}

func downAll(ctx context.Context) error {
	fleets, err := lab.All()
	for _, f := range fleets {
		err = errors.Join(err, f.Down(ctx))
	}
	return err
}

// withFleet does what needs a fleet's name, and for most of it a host's.
func withFleet(ctx context.Context, args []string) error {
	if len(args) < 2 {
		return errUsage
	}
	f, err := lab.Open(args[1])
	if err != nil {
		return err
	}
	switch {
	case args[0] == "down" && len(args) == 2:
		return f.Down(ctx)
	case args[0] == "reset" && len(args) == 2:
		return f.Reset(ctx)
	case args[0] == "run" && len(args) == 4:
		out, err := f.Run(ctx, args[2], args[3])
		fmt.Print(out)
		return err
	}
	do, known := toHost()[args[0]]
	if !known || len(args) != 3 {
		return errUsage
	}
	return do(f, ctx, args[2])
}

// toHost are the commands that do something to one host.
func toHost() map[string]func(*lab.Fleet, context.Context, string) error {
	return map[string]func(*lab.Fleet, context.Context, string) error{
		"boot":      (*lab.Fleet).Boot,
		"power-cut": (*lab.Fleet).PowerCut,
		"reboot":    (*lab.Fleet).Reboot,
		"freeze":    (*lab.Fleet).Freeze,
		"thaw":      (*lab.Fleet).Thaw,
		"cut":       (*lab.Fleet).CutNetwork,
		"plug":      (*lab.Fleet).RestoreNetwork,
		"kill-ssh":  (*lab.Fleet).KillSSH,
		"start-ssh": (*lab.Fleet).StartSSH,
	}
}
