# The targets a developer types. CI runs .ci/run, which is the whole.
# sudo forgets where Go is.
GO ?= $(shell command -v go || echo /usr/local/go/bin/go)
OUT ?= bin

.PHONY: build test race check man lab-base lab-test lab-up lab-upgrade lab-down ci clean

build:
	$(GO) build -o $(OUT)/ ./cmd/kea-lockstep

test:
	$(GO) test ./...

race:
	$(GO) test -race ./...

# Everything but the lab; as root.
check:
	bash .ci/run quick

man:
	mkdir -p $(OUT)
	$(GO) run github.com/cpuguy83/go-md2man/v2 -in docs/kea-lockstep.1.md -out $(OUT)/kea-lockstep.1

# The lab: real hosts with systemd, sshd and Debian's Kea on this machine; as root.
lab-base:
	$(GO) run -tags lab ./lab/cmd/lab base

lab-test:
	bash .ci/run lab

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
