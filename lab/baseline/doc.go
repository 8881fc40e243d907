// Package baseline upgrades a fleet of the lab with the script that an administrator would write by hand: the right steps in
// the right order, over ssh connections opened before, as much side by side as one writes easily, and no check at all. It is
// what kea-lockstep is measured against. It imports package lab.
package baseline
