package journal

// Takeover is the data of TakenOver: whose marker the run is carried on by, and what the markers tell.
type Takeover struct {
	Server  string   `json:"server"`
	Driver  string   `json:"driver"`  // who drove until then
	Markers []string `json:"markers"` // the servers that the run holds
	Groups  []string `json:"groups"`  // that it has in hand: how far they got, their servers are still to tell
	Events  []Event  `json:"events"`  // as which the run's own journal would have told it
}

// Finding is the data of Found: how far one group got.
type Finding struct {
	Past   bool    `json:"past_point_of_no_return"`
	Events []Event `json:"events"`
}

// takenOver takes in what the markers tell. Until its servers told how far it got, a group counts as past the point of no return.
func (f *Folding) takenOver(e Event) error {
	var t Takeover
	if err := e.Read(&t); err != nil {
		return err
	}
	for _, id := range t.Groups {
		if g := f.group(id); g != nil {
			g.State, g.Untold, g.PastReturn = Running, true, true
		}
	}
	return f.told(t.Events)
}

// told takes in events that no journal kept.
func (f *Folding) told(events []Event) error {
	for _, e := range events {
		if g := f.group(e.Group); g != nil {
			if err := f.grouped(g, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// found takes in how far the servers of a group that was taken over tell that it got.
func (f *Folding) found(g *GroupStatus, e Event) error {
	var found Finding
	if err := e.Read(&found); err != nil {
		return err
	}
	err := f.told(found.Events)
	g.Untold, g.PastReturn = false, found.Past
	return err
}
