// Package lab is the real thing: a fleet of Debian hosts with systemd, sshd and Debian's own Kea packages that share one
// MariaDB or one PostgreSQL, all on this machine, and the ways to treat them badly. Some are set up as Alpine is: with OpenRC, busybox's
// programs, and Debian's Kea in packages for apk, which is built from the source that git finds at KEA_LAB_ALPINE. On some Kea lies in trees,
// as from source, and a unit or Kea's own keactrl starts it.
//
// It owns: the base systems (built once by debootstrap into a cache outside the checkout), the overlay mounts, network
// namespaces, bridges, control groups and containers of its fleets, and the files that describe a fleet to ssh and to
// kea-lockstep.
//
// It must never import anything of the product: what judges must share no code with what is judged. Everything but this
// file stands behind the build tag "lab", so that the shipped binary cannot contain it. It needs root and Linux.
//
//	go run -tags lab ./lab/cmd/lab base                       # once, a few minutes
//	go run -tags lab ./lab/cmd/lab up --servers 3 --name demo # seconds
//	go run -tags lab ./lab/cmd/lab down demo
//	go run -tags lab ./lab/cmd/lab up --engine postgresql     # or oracle-mysql; MariaDB where nothing is said
//	go run -tags lab ./lab/cmd/lab up --from 2.2.0 --leases 200000 --leases6 200000   # Debian 12's Kea, and a large database
//	go test -count=1 -tags lab ./lab/...                      # each test raises a fleet of its own
//
// In a fleet with index X (free ones are found), the bridge is 10.77.X.1, an address for the product's own DHCP probe;
// 10.77.X.2 is the witness; 10.77.X.5 the database host "db"; 10.77.X.11 and up the servers k1, k2, ...
//
// What can happen to a host: PowerCut, Reboot, Freeze, CutNetwork, KillSSH, FillDisk (where Spec.Disk gave it one),
// LockPackages, HoldPackages, StartKeaByCron and KeepKeaStarted. To the database, besides what can happen to its host:
// RestartDatabase, StopDatabase, FreezeDatabase, ExhaustConnections, HoldTable, MakeReadOnly, EndSession, and AddReplica. Each that lasts
// has its end beside it.
//
// What cannot: a wrong clock. All hosts have this machine's, which none may set. CLOCK_REALTIME has no namespace (a time
// namespace moves the uptime alone), and libfaketime, which reaches dynamically linked programs that ask the C library,
// does not reach a Go program. Freeze makes time pass unnoticed, and a host may have a time zone of its own (etc/localtime);
// clocks that jump are for tests of the code that asks for the time.
package lab
