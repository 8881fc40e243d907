# The targets a developer types. CI runs .ci/run, which is the whole.
# sudo forgets where Go is.
GO ?= $(shell command -v go || echo /usr/local/go/bin/go)
OUT ?= bin

.PHONY: build test race check proof mutants man lab-base lab-test lab-faults lab-night lab-variants lab-up lab-upgrade lab-down ci clean

build:
	$(GO) build -o $(OUT)/ ./cmd/kea-lockstep

test:
	$(GO) test ./... ./sim/...

race:
	$(GO) test -race ./... ./sim/...

# Everything but the lab; as root.
check:
	bash .ci/run quick

# The engine over the model fleet: every point, every fault, every change of the world; then pairs at random, in two tests, for HOURS each.
HOURS ?= 8
proof:
	$(GO) test -v -count=1 -timeout 0 -run 'Killed|Fault|World|Pairs|Carried|Meanwhile' ./orchestrator -args -every 1 -seed 0 -pairs $(HOURS)h

# Deliberate bugs in the engine: each has to be found by that proof. MUTANTS='-mutant watch' takes those of that name.
mutants:
	$(GO) test -v -tags mutants -count=1 -timeout 30m -run '^TestMutantsAreKilled$$' ./orchestrator -args $(MUTANTS)

man:
	mkdir -p $(OUT)
	$(GO) run github.com/cpuguy83/go-md2man/v2 -in docs/kea-lockstep.1.md -out $(OUT)/kea-lockstep.1

# The lab: real hosts with systemd, sshd and Debian's Kea on this machine; as root.
lab-base:
	$(GO) run -tags lab ./lab/cmd/lab base

lab-test:
	bash .ci/run lab

# Every fault of the tables, and not only those that CI has time for: hours. What is seen goes into docs/reliability.md.
lab-faults: lab-base
	$(GO) test -v -tags lab -count=1 -timeout 24h -run '^(TestFault|TestOnMySQL|TestRefusedOnMySQL|TestRollback|TestResumeFrom|TestRefused|TestOldKea|TestKeaOutside|TestInteractively|TestKilled|TestMigrationKilled|TestReached|TestSlowLink|TestRehearseHooks|TestISC|TestAlpine|TestKeaFromSource|TestKeaByKeactrl|TestRehearseFromSource|TestRehearseByKeactrl|TestUnitsEdited|TestControlAgent|TestFleetOfTwoPlatforms|TestAwkward|TestBothDaemons|TestFromOld)' ./lab/product -args -every -record $(CURDIR)/docs/reliability.md $(FAULTS)

# Faults at random, for as long as HOURS says; each prints its seed.
lab-night: lab-base
	$(GO) test -v -tags lab -count=1 -timeout 0 -run '^TestFaultRandom$$' ./lab/product -args -for $(HOURS)h $(FAULTS)

# What schemas look like by eleven ways through Kea's releases, against what dbcheck/reference carries, and how migrations of the databases
# of Kea 2.2 to 2.6.1 to 2.6.3 and 3.0.3 can be cut off. It fetches Kea's sources.
lab-variants:
	$(GO) test -v -tags lab,variants -count=1 -timeout 2h -run '^(TestVariants|TestOlderReferences|TestKilledOlderMigration)$$' ./dbcheck

lab-up: lab-base
	$(GO) run -tags lab ./lab/cmd/lab up

# The upgrade of the fleet that lab-up raised, with questions; its administrator's password is no secret.
lab-upgrade: build
	KEA_LAB_ADMIN_PASSWORD=admin-pw-Hn4wR8cKe3 $(OUT)/kea-lockstep upgrade --fleet $${KEA_LAB_STATE:-/var/lib/kea-lockstep-lab}/fleets/lab/fleet.yaml

lab-down:
	$(GO) run -tags lab ./lab/cmd/lab down lab

ci:
	bash .ci/run

clean:
	rm -rf $(OUT)
