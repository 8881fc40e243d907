package cli

import (
	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/live"
)

// connectLive is the real fleet. Nothing is dialled before something is asked.
func connectLive(file fleet.File) (acting, error) { return live.New(file, live.Options{}) }
