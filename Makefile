# The targets a developer types. CI runs .ci/run, which is the whole.
GO ?= go
OUT ?= bin

.PHONY: build test race check man lab-base lab-test lab-up lab-down ci clean

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

lab-test: lab-base
	$(GO) test -tags lab -v -count=1 -timeout 60m ./lab/... ./dbcheck/...

lab-up: lab-base
	$(GO) run -tags lab ./lab/cmd/lab up

lab-down:
	$(GO) run -tags lab ./lab/cmd/lab down --all

ci:
	bash .ci/run

clean:
	rm -rf $(OUT)
