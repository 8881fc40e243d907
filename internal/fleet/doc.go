// Package fleet holds what a fleet is: the fleet file that names its servers, the facts seen on them, the groups that follow
// from the facts, and the verdict that answers every probe and gate.
//
// It looks at the world through an Observer and never changes it. It knows Kea's words (internal/kea) and nothing of SSH, SQL
// or the procedure. It may import internal/kea only.
package fleet
