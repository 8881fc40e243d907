package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"kea-lockstep/internal/world"
	"kea-lockstep/sim/fleet"
)

// Exit codes of a run that was made to fail.
const (
	refused      = 3
	haltedBefore = 4
	haltedAfter  = 5
	backedOut    = 7
)

// tour upgrades the fleet with the product's own commands.
func tour(ctx context.Context, o options, f *fleet.Fleet, interrupted *interruption) int {
	begun := time.Now()
	say(os.Stdout,
		fmt.Sprintf("They run Kea %s and share one database. What follows are kea-lockstep's own commands, over real SSH and the real", fleet.From),
		"MySQL protocol; the servers' shells, packages and daemons are simulated. Nothing is left behind.")
	if code := command(ctx, "survey"); code != 0 || interrupted.seen.Load() {
		return code
	}
	drive := func(words ...string) int {
		if o.yes {
			words = append(words, "--yes")
		}
		return command(ctx, words...)
	}
	code := drive("upgrade")
	if o.fail != "" && !interrupted.seen.Load() {
		asked := fmt.Sprintf("That was the failure that --fail %s asked for.", o.fail)
		switch code {
		case haltedBefore, haltedAfter:
			say(os.Stdout, "", asked+" This carries on:")
			code = drive("resume")
		case refused, backedOut:
			say(os.Stdout, "", asked+" The fleet is as it was, and serves. Once more:")
			code = drive("upgrade")
		}
	}
	if interrupted.seen.Load() {
		say(os.Stdout, "", "Interrupted: the simulated fleet is gone, and nothing is left behind.")
		return code
	}
	if code == 0 {
		command(ctx, "check")
		command(ctx, "status")
	}
	for _, v := range f.World.Violations() { // the model keeps watch
		fmt.Fprintln(os.Stderr, "sim: a bad moment:", v.What)
		code = codeError
	}
	say(os.Stdout, "", cost(o.servers, begun))
	next(o)
	return code
}

// next says what to try.
func next(o options) {
	say(os.Stdout, "", "What to try next:")
	if o.fail == "" {
		say(os.Stdout, "  go run ./sim --fail migrate    kea-admin is killed amid the migration, and resume carries on")
	}
	say(os.Stdout,
		"  go run ./sim --servers 200     a large fleet (--speed 10: ten times faster)",
		"  go run ./sim --keep            the fleet stays up: upgrade it from another terminal, let a stranger into its database,",
		"                                 reboot a server in the middle, or drive it as a second operator at the same time")
}

// keep leaves the fleet up until it is interrupted or its input ends, and lets things happen to it.
func keep(f *fleet.Fleet, dir string, interrupted *interruption) int {
	say(os.Stdout,
		"The fleet is up until Ctrl-C here. In another terminal, with the program from \"go build ./cmd/kea-lockstep\" in the search path:",
		"", "  cd "+dir, "  export XDG_STATE_HOME=$PWD/state", "  kea-lockstep survey", "  kea-lockstep plan", "  kea-lockstep upgrade",
		"", "A second operator is a third terminal with the same two lines at its start. What can happen meanwhile, by its number:")
	all := world.Disturbances()
	for i, d := range all {
		fmt.Printf("  %2d  %s\n", i+1, d.Name)
	}
	fmt.Println("Type NUMBER, or NUMBER SERVER (a server's place in the list, from 1).")
	typed := make(chan string)
	go func() {
		in := bufio.NewScanner(os.Stdin)
		for in.Scan() {
			typed <- in.Text()
		}
		// At the end of its input it stays up: whoever starts it in the background ends it by a signal.
	}()
	for {
		select {
		case <-interrupted.came:
			fmt.Println("\nThe fleet is gone, and nothing is left behind.")
			return 0
		case line := <-typed:
			happen(f, all, strings.Fields(line))
		}
	}
}

func happen(f *fleet.Fleet, all []world.Disturbance, words []string) {
	var numbers [2]int
	for i, word := range words[:min(len(words), 2)] {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 {
			fmt.Printf("%q is no number of the list\n", word)
			return
		}
		numbers[i] = n
	}
	if numbers[0] < 1 || numbers[0] > len(all) {
		fmt.Printf("type a number from 1 to %d\n", len(all))
		return
	}
	all[numbers[0]-1].Do(f.World, max(numbers[1], 1)-1)
	fmt.Println("done:", all[numbers[0]-1].Name)
}
