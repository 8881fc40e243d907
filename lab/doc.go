// Package lab is the real thing: a fleet of Debian hosts with systemd, sshd and Debian's own Kea packages that share one
// MariaDB or one PostgreSQL, all on this machine, and the way to treat them badly (power cuts, network cuts).
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
//	go run -tags lab ./lab/cmd/lab up --engine postgresql
//	go test -count=1 -tags lab ./lab/...                      # each test raises a fleet of its own
//
// In a fleet with index X (free ones are found), the bridge is 10.77.X.1, an address for the product's own DHCP probe;
// 10.77.X.2 is the witness; 10.77.X.5 the database host "db"; 10.77.X.11 and up the servers k1, k2, ...
package lab
