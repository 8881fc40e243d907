// Command sim compiles the simulator, saying so, and runs it: what "go run" itself compiles should be little, for it is silent
// about it.
package main
