package live

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"

	"kea-lockstep/dbcheck"
	"kea-lockstep/internal/fleet"
)

// second asks over another connection who the server is: a proxy that spreads connections may lead that one elsewhere.
func (f *Fleet) second(ctx context.Context, at fleet.Place) (dbcheck.Identity, error) {
	db, err := f.database(ctx, at, asKea, toWatch)
	if err != nil {
		return dbcheck.Identity{}, err
	}
	return db.Identity(ctx)
}

// Meet says of each of the others whether it leads to the very database that the first place leads to.
func (f *Fleet) Meet(ctx context.Context, first fleet.Place, others []fleet.Place) ([]fleet.Verdict, error) {
	db, err := f.database(ctx, first, asKea, toRead)
	if err != nil {
		return nil, err
	}
	seen := make([]fleet.Verdict, len(others))
	var asked []int
	var ways []*dbcheck.DB
	for i, at := range others {
		way, err := f.database(ctx, at, asKea, toRead)
		if err != nil {
			seen[i] = fleet.Doubt("%v", err)
			continue
		}
		asked, ways = append(asked, i), append(ways, way)
	}
	name := make([]byte, 16)
	if _, err := io.ReadFull(f.random(), name); err != nil {
		return nil, fmt.Errorf("naming a lock: %w", err)
	}
	met, err := db.Meet(ctx, "kea-lockstep.meet."+hex.EncodeToString(name), ways)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", first.Server, err)
	}
	for n, i := range asked {
		seen[i] = verdictOf(met[n])
	}
	return seen, nil
}

func verdictOf(m dbcheck.Meeting) fleet.Verdict {
	switch m.Met {
	case dbcheck.MetSame:
		return fleet.Affirm("%s", m.Saw)
	case dbcheck.MetApart:
		return fleet.Deny("%s", m.Saw)
	default:
		return fleet.Doubt("%s", m.Saw)
	}
}
