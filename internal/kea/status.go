package kea

import (
	"encoding/json"
	"fmt"
	"time"
)

// Status is the answer to status-get (1.6.3, 1.7.3 and later). What a release
// does not report is nil.
type Status struct {
	PID    int
	Uptime time.Duration
	// Reload is the time since the configuration was last applied.
	Reload time.Duration
	// Sockets is nil before 2.2.0.
	Sockets *SocketStatus
	// DHCP is nil before 2.6.2 and 2.7.1.
	DHCP *DHCPState
	HA   []HAStatus
}

// SocketStatus tells whether the daemon could open the sockets it listens on.
type SocketStatus struct {
	Status string   `json:"status"` // ready, retrying or failed
	Errors []string `json:"errors"`
}

// DHCPState tells who has told the daemon not to answer clients.
type DHCPState struct {
	GloballyDisabled        bool  `json:"globally-disabled"`
	DisabledByUser          bool  `json:"disabled-by-user"`
	DisabledByDBConnection  []int `json:"disabled-by-db-connection"`
	DisabledByLocalCommand  []int `json:"disabled-by-local-command"`
	DisabledByRemoteCommand []int `json:"disabled-by-remote-command"`
}

// Disabled reports whether the daemon answers no client, for whatever reason.
func (d DHCPState) Disabled() bool {
	return d.GloballyDisabled || d.DisabledByUser ||
		len(d.DisabledByDBConnection)+len(d.DisabledByLocalCommand)+len(d.DisabledByRemoteCommand) > 0
}

// HAStatus is one HA relationship as the asked server sees it.
type HAStatus struct {
	Mode          string
	Local, Remote HAServerStatus
	HasRemote     bool // a backup server and passive-backup report no partner
}

// HAServerStatus is a server of a relationship. State is the local server's
// own, or the last known of the partner.
type HAServerStatus struct {
	Name, Role, State string
	Scopes            []string
	// The rest is of the partner alone.
	InTouch                  bool
	Age                      time.Duration // of what is known of it
	CommunicationInterrupted bool
}

type haServerJSON struct {
	Name        string   `json:"server-name"`
	Role        string   `json:"role"`
	State       string   `json:"state"`
	LastState   string   `json:"last-state"`
	Scopes      []string `json:"scopes"`
	LastScopes  []string `json:"last-scopes"`
	InTouch     bool     `json:"in-touch"`
	Age         int64    `json:"age"`
	Interrupted bool     `json:"communication-interrupted"`
}

// Status is the answer to status-get.
func (a Answer) Status() (Status, error) {
	if err := a.Err(); err != nil {
		return Status{}, err
	}
	var j struct {
		PID     int
		Uptime  int64
		Reload  int64
		Sockets *SocketStatus
		DHCP    *DHCPState `json:"dhcp-state"`
		HA      []struct {
			Mode    string `json:"ha-mode"`
			Servers struct {
				Local  haServerJSON
				Remote *haServerJSON
			} `json:"ha-servers"`
		} `json:"high-availability"`
	}
	if err := json.Unmarshal(a.Arguments, &j); err != nil {
		return Status{}, fmt.Errorf("reading the answer to status-get: %w", err)
	}
	if j.PID <= 0 {
		return Status{}, fmt.Errorf("the answer to status-get names no process")
	}
	s := Status{PID: j.PID, Uptime: seconds(j.Uptime), Reload: seconds(j.Reload), Sockets: j.Sockets, DHCP: j.DHCP}
	for _, r := range j.HA {
		ha := HAStatus{Mode: r.Mode, Local: r.Servers.Local.local()}
		if r.Servers.Remote != nil {
			ha.Remote, ha.HasRemote = r.Servers.Remote.remote(), true
		}
		s.HA = append(s.HA, ha)
	}
	return s, nil
}

func (j haServerJSON) local() HAServerStatus {
	return HAServerStatus{Name: j.Name, Role: j.Role, State: j.State, Scopes: j.Scopes}
}

func (j haServerJSON) remote() HAServerStatus {
	return HAServerStatus{
		Name: j.Name, Role: j.Role, State: j.LastState, Scopes: j.LastScopes,
		InTouch: j.InTouch, Age: seconds(j.Age), CommunicationInterrupted: j.Interrupted,
	}
}

// seconds keeps a nonsensical number from overflowing.
func seconds(n int64) time.Duration {
	const most = int64(1<<63-1) / int64(time.Second)
	return time.Duration(min(max(n, 0), most)) * time.Second
}
