package ssh

import "time"

// Guard lets a script act only while its driver is the one that the server
// knows. The lock is taken (flock(1)), then the epoch file must hold exactly
// Want, trailing line ends aside. A Command holds the lock while it runs; a
// job only while it is claimed and started, and checks once more, under the
// lock, as its own first act. Processes that the script leaves behind do not
// hold the lock.
type Guard struct {
	Lock  string        // the lock file, made if its directory is there
	Epoch string        // the file with the epoch; its absence supersedes
	Want  string        // what it must hold
	Wait  time.Duration // for the lock; 0: 30 s
}

const lockWait = 30 * time.Second

// params gives the guard's part of the envelope. Without a guard the variables
// are empty, and guard.sh does nothing.
func (g *Guard) params() string {
	if g == nil {
		return "kl_lock='' kl_epoch='' kl_want='' kl_wait=0\n"
	}
	wait := g.Wait
	if wait == 0 {
		wait = lockWait
	}
	return "kl_lock=" + quote(g.Lock) + " kl_epoch=" + quote(g.Epoch) + " kl_want=" + quote(g.Want) +
		" kl_wait=" + seconds(wait) + "\n"
}
