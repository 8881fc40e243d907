package main

import (
	"fmt"
	"runtime"
	"syscall"
	"time"
)

// cost says what the fleet and the program that upgraded it took: they are one process.
func cost(servers int, begun time.Time) string {
	took := fmt.Sprintf("%d servers and the program took %.0f s", servers, time.Since(begun).Seconds())
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return took + "."
	}
	most := int64(used.Maxrss) << 10
	if runtime.GOOS == "darwin" {
		most >>= 10 // it counts bytes
	}
	processor := time.Duration(used.Utime.Nano() + used.Stime.Nano())
	return fmt.Sprintf("%s, %.0f s of a processor's time, and at most %d MB of memory.", took, processor.Seconds(), most>>20)
}
