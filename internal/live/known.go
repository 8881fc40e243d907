package live

import (
	"sync"
	"time"

	"kea-lockstep/dbcheck"
	"kea-lockstep/internal/fleet"
)

// tcpEnd is a connection over TCP: the session that the database keeps for it, which is its alone for ever, and the client's end.
// Who holds that end does not change while the connection lasts, and once it has ended nothing bears these words again: another
// session has another key, whatever its number, port and server. So what was found out about one can never be said of another,
// and it does not matter by which way to the database server, or how long ago, the session was listed first.
type tcpEnd struct {
	key, id, user, server string
	port                  int
}

func tcpEndOf(one dbcheck.Session, s fleet.Session) (tcpEnd, bool) {
	return tcpEnd{one.Key, s.ID, s.User, s.Server, s.Port}, one.Key != "" && s.Port != 0 && s.Server != ""
}

// holding is what is remembered of a connection.
type holding struct {
	owner   fleet.Owner
	process string
	listed  time.Time // when it was last seen in a list
}

// known are the connections that Kea's daemons and our own jobs were seen to hold: the watch puts the same question every second
// and a survey from every server, and to answer it is work for each server while clients wait. Nobody else's are remembered.
type known struct {
	mu   sync.Mutex
	held map[tcpEnd]holding
	own  map[fleet.Place][]string // numbers of what is ours in the newest list from a place, by its process
	next time.Time                // when to look for what can be forgotten
}

// unlisted is how long a connection that is in no list any more is kept: only to have the room back.
const unlisted = 10 * time.Minute

// recall attributes a session whose connection is known.
func (k *known) recall(one dbcheck.Session, s *fleet.Session) bool {
	at, ok := tcpEndOf(one, *s)
	if !ok {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	before, ok := k.held[at]
	if ok {
		s.Owner, s.Process = before.owner, before.process
	}
	return ok
}

// keep takes the whole list of a place's sessions, as the database told it and with their owners.
func (k *known) keep(at fleet.Place, list []dbcheck.Session, sessions []fleet.Session) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.held == nil {
		k.held, k.own = map[tcpEnd]holding{}, map[fleet.Place][]string{}
	}
	now := time.Now()
	k.own[at] = nil
	for i, s := range sessions {
		if s.Port == 0 || s.Process == "" || s.Owner != fleet.OwnerKea && s.Owner != fleet.OwnerOurs {
			continue
		}
		if s.Owner == fleet.OwnerOurs {
			k.own[at] = append(k.own[at], s.ID)
		}
		if end, ok := tcpEndOf(list[i], s); ok {
			k.held[end] = holding{s.Owner, s.Process, now}
		}
	}
	if now.Before(k.next) {
		return
	}
	k.next = now.Add(unlisted)
	for end, h := range k.held {
		if now.Sub(h.listed) > unlisted {
			delete(k.held, end)
		}
	}
}

// ours lists the numbers of our own among the newest lists, and of those of others that only look.
func (k *known) ours() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var ids []string
	for _, own := range k.own {
		ids = append(ids, own...)
	}
	return ids
}
