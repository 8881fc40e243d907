// Package audit judges facts: whether every Kea matches its databases' schema.
//
// It is pure: facts in, findings out. It asks nothing and prints nothing. It may import internal/fleet and internal/kea.
package audit
