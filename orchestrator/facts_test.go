package orchestrator_test

import (
	"testing"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/internal/world"
	"kea-lockstep/orchestrator"
)

// three is a fleet of three servers on one database, about to go from 2.6.3 to 3.0.3.
func three() world.Spec {
	return world.Spec{Servers: 3, Databases: 1, Engine: kea.MySQL, From: "2.6.3", To: "3.0.3"}
}

// surveyed gives the facts of a healthy fleet, at once.
func surveyed(t *testing.T, spec world.Spec) fleet.Facts {
	t.Helper()
	w := world.New(spec)
	facts, err := fleet.Survey(t.Context(), w.Drive("survey", &world.Log{}), w.Names(), 20)
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

func version(t *testing.T, text string) kea.Version {
	t.Helper()
	v, err := kea.ParseVersion(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func usual() orchestrator.Options {
	return orchestrator.Options{Backup: "dump", Parallel: 20, Settle: 2 * time.Second, Dir: "/var/backups/kea-lockstep"}
}
