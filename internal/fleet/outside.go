package fleet

import (
	"slices"

	"kea-lockstep/internal/kea"
)

// Outsider is a client of a database that is on no server of the fleet.
type Outsider struct {
	Database DatabaseID `json:"database"`
	User     string     `json:"user"`
	Address  string     `json:"address"`
	Sessions int        `json:"sessions"`
	Kea      bool       `json:"kea"`    // it is in with an account of Kea itself
	Unsure   bool       `json:"unsure"` // it may be a server of the fleet that could not be asked for its addresses
}

// Outsiders are the clients of the fleet's databases that are on none of its servers, as far as those could be asked: Kea servers that
// nobody listed, or others. A session
// whose origin is hidden from the account that looks is not among them; Clients.Visible says that there may be such.
func (f Facts) Outsiders() []Outsider {
	var all []Outsider
	for _, d := range f.Databases {
		for _, s := range d.Clients.Sessions {
			unsure := s.Owner == OwnerUnknown && s.Server == ""
			if s.Owner != OwnerStranger && !unsure || s.Port == 0 && s.Address != "" {
				continue
			}
			i := slices.IndexFunc(all, func(o Outsider) bool {
				return o.Database == d.ID && o.User == s.User && o.Address == s.Address && o.Unsure == unsure
			})
			if i < 0 {
				keas := slices.ContainsFunc(d.Endpoints, func(e Endpoint) bool { return e.Place.User == s.User })
				i, all = len(all), append(all, Outsider{Database: d.ID, User: s.User, Address: s.Address, Kea: keas, Unsure: unsure})
			}
			all[i].Sessions++
		}
	}
	return all
}

// Asked reports whether the server could be asked what it is.
func (s Server) Asked() bool { return s.Reach.OK() && s.Root.OK() }

// Newest is the newest Kea whose packages can be had on every server that could be asked, if it is newer than what is installed on any.
func (f Facts) Newest() (kea.Version, bool) {
	var common []kea.Version
	first := true
	for _, s := range f.Servers {
		for _, p := range s.Packages {
			if p.Installed == "" {
				continue // whether it is needed depends on the release
			}
			var can []kea.Version
			for _, v := range p.Available {
				if v := kea.OfPackage(v); (first || slices.Contains(common, v)) && v.Compare(s.Software.Kea) > 0 {
					can = append(can, v)
				}
			}
			common, first = can, false
		}
	}
	if len(common) == 0 {
		return kea.Version{}, false
	}
	return slices.MaxFunc(common, kea.Version.Compare), true
}
