package live

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"kea-lockstep/ssh"
)

// holder is a process that holds a connection.
type holder struct{ pid, name, unit string }

// end is what a client's end of a session is known by on its server: its port, or over a unix socket of PostgreSQL the process
// of the database that serves it.
type end struct {
	port    int
	backend string
}

// sockets puts the questions whose a server's connections are, one script at a time. What is asked while one runs is asked by the
// next, all together: looks at the databases from two hundred servers at once cost each server a script or two, and not two
// hundred. A script answers only what was asked before it began, so no answer is older than its question.
type sockets struct {
	mu   sync.Mutex
	busy bool
	next *socketsQuestion
}

// socketsQuestion is what one script is asked, and by how many.
type socketsQuestion struct {
	ends    map[end]bool
	waiting int
	ctx     context.Context // ends when nobody waits any more
	cancel  context.CancelFunc
	done    chan struct{}
	holders map[end][]holder
	err     error
}

// holders asks a server which processes hold its ends of connections. The answer is shared, and must not be changed.
func (f *Fleet) holders(ctx context.Context, name string, ends []end) (map[end][]holder, error) {
	s, err := f.server(name)
	if err != nil {
		return nil, err
	}
	q := s.sockets.ask(ctx, ends, func(q *socketsQuestion) (map[end][]holder, error) { return f.listSockets(q.ctx, s, q.ends) })
	select {
	case <-q.done:
		return q.holders, q.err
	case <-ctx.Done():
		s.sockets.leave(q)
		return nil, context.Cause(ctx)
	}
}

// ask joins the next question, and has it put once the one before is answered.
func (s *sockets) ask(ctx context.Context, ends []end, put func(*socketsQuestion) (map[end][]holder, error)) *socketsQuestion {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next == nil {
		q := &socketsQuestion{ends: map[end]bool{}, done: make(chan struct{})}
		q.ctx, q.cancel = context.WithCancel(context.WithoutCancel(ctx)) // it is not the first asker's alone
		s.next = q
	}
	q := s.next
	q.waiting++
	for _, e := range ends {
		q.ends[e] = true
	}
	if !s.busy {
		s.busy = true
		go s.work(put)
	}
	return q
}

// work puts questions until there is none.
func (s *sockets) work(put func(*socketsQuestion) (map[end][]holder, error)) {
	for {
		s.mu.Lock()
		q := s.next
		s.next = nil // from here nobody joins it
		s.busy = q != nil
		s.mu.Unlock()
		if q == nil {
			return
		}
		q.holders, q.err = put(q)
		q.cancel()
		close(q.done)
	}
}

func (s *sockets) leave(q *socketsQuestion) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if q.waiting--; q.waiting == 0 {
		if s.next == q {
			s.next = nil // whoever comes next must not join what has ended
		}
		q.cancel()
	}
}

func (f *Fleet) listSockets(ctx context.Context, s *server, ends map[end]bool) (map[end][]holder, error) {
	var ports, backends []string
	for e := range maps.Keys(ends) {
		if e.port != 0 {
			ports = append(ports, strconv.Itoa(e.port))
		} else {
			backends = append(backends, e.backend)
		}
	}
	slices.Sort(ports)
	slices.Sort(backends)
	out, err := f.run(ctx, s, call{action: "sockets", look: true, timeout: 15 * time.Second, params: []ssh.Param{
		{Name: "ports", Value: strings.Join(ports, " ")}, {Name: "backends", Value: strings.Join(backends, " ")},
	}})
	if err != nil {
		return nil, err
	}
	return parseHolders(out)
}

func parseHolders(out []byte) (map[end][]holder, error) {
	found, err := parseSections(out)
	if err != nil {
		return nil, err
	}
	holders := map[end][]holder{}
	for _, row := range found.rows("sockets", 4) {
		if port, err := strconv.Atoi(row[0]); err == nil {
			holders[end{port: port}] = append(holders[end{port: port}], holder{row[1], row[2], row[3]})
		}
	}
	for _, row := range found.rows("backends", 4) {
		at := end{backend: row[0]}
		holders[at] = append(holders[at], holder{row[1], row[2], row[3]})
	}
	return holders, nil
}
