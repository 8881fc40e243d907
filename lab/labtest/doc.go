// Package labtest gives a test a fleet of its own, and takes it away again. It imports package lab.
//
//	f := labtest.Up(t, lab.Spec{Servers: 2})
package labtest
