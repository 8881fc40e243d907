package dbcheck

import (
	"encoding/binary"
	"net"
)

// login reads along until the other end has said which number the connection has.
// A pooler says one of its own.
type login struct {
	net.Conn
	head   []byte
	number uint32
	over   bool
}

// Read reads, and listens.
func (l *login) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	if !l.over {
		l.head = append(l.head, p[:n]...)
		l.listen()
	}
	return n, err
}

// listen takes whole messages off the head: one byte for the kind, then the length
// of the rest. BackendKeyData ('K') begins with the number, and ReadyForQuery ('Z')
// ends the login (PostgreSQL manual, "Message Formats").
func (l *login) listen() {
	for !l.over && len(l.head) >= 5 {
		rest := uint64(binary.BigEndian.Uint32(l.head[1:5]))
		if uint64(len(l.head)) < 1+rest {
			return
		}
		if l.head[0] == 'K' && rest >= 8 {
			l.number = binary.BigEndian.Uint32(l.head[5:9])
		}
		l.over = l.head[0] == 'Z' || rest < 4 // or it is no PostgreSQL
		l.head = l.head[1+rest:]
	}
	if l.over {
		l.head = nil
	}
}
