// Package bench measures, with the witness's eyes, how long a fleet is without service while somebody upgrades it: the
// hand-written script, the product, or both in turn on the same fleet. It imports lab, its baseline and its witness; the
// product is a program that it runs.
package bench
