// Package audit judges facts: whether every Kea matches its databases' schema (Check), and whether the fleet does as ISC advises on shared
// databases (Audit), by rules that each name their source.
//
// It is pure: facts in, findings out. It asks nothing and prints nothing. It may import internal/fleet and internal/kea.
package audit
