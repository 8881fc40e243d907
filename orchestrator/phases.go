package orchestrator

// The phases of a group that moves in lockstep, in their order.
const (
	Preflight     = "preflight"
	Prefetch      = "prefetch"
	Stop          = "stop"
	BackUp        = "back up"
	UpgradeCanary = "upgrade canary"
	Migrate       = "migrate"
	VerifySchema  = "verify schema"
	StartCanary   = "start canary"
	ConfirmCanary = "confirm canary"
	UpgradeRest   = "upgrade the rest"
	StartRest     = "start the rest"
	ConfirmRest   = "confirm the rest"
	Finish        = "finish"
)

// The phases of the way back. Those from the stop to the old schema are for databases whose schema moved.
const (
	BackStop     = "stop again"
	BackKeep     = "keep the present"
	BackRestore  = "restore"
	BackVerify   = "verify the old"
	BackSoftware = "put back software"
	BackStart    = "start the old"
	BackConfirm  = "confirm the old"
	BackFinish   = "let go"
)

// GateName names a question to the world.
type GateName string

// The gates. Each must answer yes before its phase begins.
const (
	GateGo      GateName = "go"                 // the fleet is still as planned
	GateQuiet   GateName = "quiet"              // no daemon, every fence, no client
	GateReturn  GateName = "point of no return" // quiet without a gap since the dump, backup proved
	GateSchema  GateName = "schema"             // every database migrated, those not started quiet and fenced
	GateCanary  GateName = "canary"             // the canary serves, the rest match and are still quiet
	GateRoll    GateName = "roll"               // every server not being rolled serves
	GateDone    GateName = "done"               // everything at the target, nothing of ours left but markers
	GateStill   GateName = "still"              // quiet once more, on the way back
	GateRestore GateName = "restore"            // quiet still, and the backup at hand
	GateOld     GateName = "old"                // schema and software are the old ones everywhere
	GateOldDone GateName = "old done"           // the old state serves again
)

// row is one line of the table of phases: what stands before it, and whether clients wait while it runs.
type row struct {
	name   string
	outage bool
	gate   GateName
	ask    Ask
	after  []string // empty: the row above
}

// lockstep is the procedure: states, transitions and their gates. The diagram in docs/ is made from it.
var lockstep = [...]row{
	{name: Preflight},
	{name: Prefetch},
	{name: Stop, outage: true, gate: GateGo, ask: AskGo},
	{name: BackUp, outage: true, gate: GateQuiet},
	{name: UpgradeCanary, outage: true, after: []string{Stop}},
	{name: Migrate, outage: true, gate: GateReturn, ask: AskReturn, after: []string{BackUp, UpgradeCanary}},
	{name: VerifySchema, outage: true},
	{name: StartCanary, outage: true, gate: GateSchema},
	{name: ConfirmCanary},
	{name: UpgradeRest, outage: true, after: []string{StartCanary}},
	{name: StartRest, outage: true, gate: GateCanary, ask: AskRest, after: []string{ConfirmCanary, UpgradeRest}},
	{name: ConfirmRest},
	{name: Finish, gate: GateDone},
}

// back is the way back to the old state: all of it once a schema moved, and without the first phases where none did.
var back = [...]row{
	{name: BackStop, outage: true},
	{name: BackKeep, outage: true, gate: GateStill},
	{name: BackRestore, outage: true, gate: GateRestore},
	{name: BackVerify, outage: true},
	{name: BackSoftware, outage: true, after: []string{BackStop}},
	{name: BackStart, outage: true, gate: GateOld, after: []string{BackVerify, BackSoftware}},
	{name: BackConfirm},
	{name: BackFinish, gate: GateOldDone},
}

// ofMoved are the phases of the way back that only databases whose schema moved need.
var ofMoved = []string{BackStop, BackKeep, BackRestore, BackVerify}

func (r row) phase() Phase {
	return Phase{Name: r.name, Outage: r.outage, Gate: r.gate, Ask: r.ask, After: r.after, Lanes: [][]Step{}}
}
