// Package product runs the shipped binary against fleets of real hosts, before the witness's eyes. Its tests are the proof that
// the procedure holds on real Kea; they import package lab and none of the product's own code.
package product
