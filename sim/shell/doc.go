// Package shell runs scripts for POSIX sh over a simulated server: the parser and the expansions are mvdan.cc/sh's, its
// interpreter is not, because it opens no descriptor beyond 2 and knows no processes of its own. Descriptors, subshells, pipes,
// here-documents, traps at the end, "set -eu" and the locks that descriptors hold are as in dash.
//
// What a script calls beside the shell's own commands are programs in Go, given by the System. What is not known here is an
// error that says so (status 2 or 127): nothing is passed over.
package shell
