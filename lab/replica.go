//go:build lab

package lab

import (
	"context"
	"strings"
)

// AddReplica puts a second server of the engine on the database's host, which follows the first and is read-only. It is gone
// when that host boots.
func (f *Fleet) AddReplica(ctx context.Context) error {
	script, err := recipe.ReadFile("files/" + string(f.Engine) + "/replica.sh")
	if err != nil {
		return err
	}
	_, err = f.Run(ctx, DatabaseHost, string(script))
	return err
}

// ReplicaSchema is the version of Kea's schema on the replica.
func (f *Fleet) ReplicaSchema(ctx context.Context) (string, error) {
	out, err := f.Run(ctx, DatabaseHost, f.Engine.dialect().follower+" <<'END'\nSELECT version, minor FROM schema_version;\nEND\n")
	return strings.Join(strings.Fields(out), "."), err
}
