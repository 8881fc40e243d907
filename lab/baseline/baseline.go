//go:build lab

package baseline

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"kea-lockstep/lab"
)

//go:embed script.sh
var script string

// Run upgrades the fleet with the script; k1 is the canary. What the script says goes to log. The script checks nothing, so
// no error does not mean that anything was upgraded.
func Run(ctx context.Context, f *lab.Fleet, log io.Writer) error {
	var rest []string
	for _, s := range f.Servers[1:] {
		rest = append(rest, s.Name)
	}
	cmd := exec.CommandContext(ctx, "bash", "-c", script)
	cmd.Env = append(os.Environ(), "SSH_CONFIG="+f.SSHConfig(), "CANARY="+f.Servers[0].Name, "REST="+strings.Join(rest, " "),
		"ENGINE="+f.Engine.KeaAdmin(),
		"DB="+f.DB.Address.String(), "DB_PASSWORD="+lab.KeaPassword, "CONFIGS="+filepath.Join(f.Dir, "configs"))
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("running the hand-written script: %w", err)
	}
	return nil
}
