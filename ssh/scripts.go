package ssh

import (
	_ "embed"
	"strconv"
	"time"
)

// The shell of this package. Variables of its own begin with kl_.
var (
	//go:embed sh/system.sh
	systemSh string
	//go:embed sh/open.sh
	openSh string
	//go:embed sh/guard.sh
	guardSh string
	//go:embed sh/put.sh
	putSh string
	//go:embed sh/get.sh
	getSh string
	//go:embed sh/jobstart.sh
	jobStartSh string
	//go:embed sh/jobrun.sh
	jobRunSh string
	//go:embed sh/joblook.sh
	jobLookSh string
	//go:embed sh/jobwait.sh
	jobWaitSh string
	//go:embed sh/joboutput.sh
	jobOutputSh string
)

// seconds rounds up to whole ones: a fraction is not for every flock(1).
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}
