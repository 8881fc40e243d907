package database

import (
	"bytes"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // it is what mysql_native_password is made of
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
)

// packets reads and writes packets of MySQL's protocol.
type packets struct {
	conn     io.ReadWriter
	sequence byte
}

func (p *packets) read() ([]byte, error) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(p.conn, head); err != nil {
		return nil, err
	}
	p.sequence = head[3] + 1
	body := make([]byte, int(head[0])|int(head[1])<<8|int(head[2])<<16)
	_, err := io.ReadFull(p.conn, body)
	return body, err
}

// write adds a packet to what is sent with flush.
func (p *packets) write(to *bytes.Buffer, body []byte) {
	n := len(body)
	to.Write([]byte{byte(n), byte(n >> 8), byte(n >> 16), p.sequence})
	to.Write(body)
	p.sequence++
}

func (p *packets) send(bodies ...[]byte) error {
	var b bytes.Buffer
	for _, one := range bodies {
		p.write(&b, one)
	}
	_, err := p.conn.Write(b.Bytes())
	return err
}

const (
	protocol41   = 0x200
	capabilities = 0x1 | 0x8 | protocol41 | 0x2000 | 0x8000 | 0x80000 // long password, with a database, transactions, native password, plugins
	autocommit   = 2
)

var (
	okPacket  = []byte{0, 0, 0, autocommit, 0, 0, 0}
	eofPacket = []byte{0xfe, 0, 0, autocommit, 0}
)

func errorPacket(err error) []byte {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		e = &Error{1105, "HY000", err.Error()}
	}
	b := append([]byte{0xff}, byte(e.Number), byte(e.Number>>8))
	return append(b, "#"+e.State+e.Text...)
}

// Serve speaks to one client until it leaves. Address is the client's own, as the server names it.
func (s *Server) Serve(conn net.Conn, address string) {
	defer conn.Close()
	p := &packets{conn: conn}
	salt := make([]byte, 20)
	if _, err := rand.Read(salt); err != nil {
		return
	}
	for i := range salt {
		salt[i] = salt[i]&0x3f + 0x40 // no NUL
	}
	s.mu.Lock()
	s.last++
	id := s.last
	s.mu.Unlock()
	session, err := s.handshake(p, id, salt, address)
	if err != nil {
		_ = p.send(errorPacket(err)) // the client may be gone
		return
	}
	defer session.Close()
	s.mu.Lock()
	session.ended = func() { _ = conn.Close() }
	s.mu.Unlock()
	if p.send(okPacket) == nil {
		session.commands(p)
	}
}

func (s *Server) handshake(p *packets, id uint32, salt []byte, address string) (*Session, error) {
	hello := append([]byte{10}, version+"\x00"...)
	hello = append(binary.LittleEndian.AppendUint32(hello, id), salt[:8]...)
	hello = append(hello, 0, capabilities&0xff, capabilities>>8&0xff, 45, autocommit, 0, capabilities>>16&0xff, 0, 21)
	hello = append(append(hello, make([]byte, 10)...), salt[8:]...)
	hello = append(hello, "\x00mysql_native_password\x00"...)
	if err := p.send(hello); err != nil {
		return nil, err
	}
	answer, err := p.read()
	if err != nil {
		return nil, err
	}
	if len(answer) < 33 {
		return nil, &Error{1043, "08S01", "Bad handshake"}
	}
	flags := binary.LittleEndian.Uint32(answer)
	user, rest, _ := bytes.Cut(answer[32:], []byte{0})
	n := 0
	if len(rest) > 0 {
		n, rest = int(rest[0]), rest[1:]
	}
	proof := rest[:min(n, len(rest))]
	schema := ""
	if flags&0x8 != 0 {
		name, _, _ := bytes.Cut(rest[len(proof):], []byte{0})
		schema = string(name)
	}
	want, known := s.accounts[string(user)]
	if !known || !bytes.Equal(proof, scramble(want, salt)) {
		return nil, denied(string(user), address)
	}
	return s.admit(id, string(user), schema, address)
}

// scramble is mysql_native_password.
func scramble(password string, salt []byte) []byte {
	one := sha1.Sum([]byte(password))                       //nolint:gosec // as above
	two := sha1.Sum(one[:])                                 //nolint:gosec // as above
	mixed := sha1.Sum(append(bytes.Clone(salt), two[:]...)) //nolint:gosec // as above
	for i := range mixed {
		mixed[i] ^= one[i]
	}
	return mixed[:]
}

// commands answers what a client asks.
func (s *Session) commands(p *packets) {
	prepared := map[uint32]string{}
	for {
		p.sequence = 0
		asked, err := p.read()
		if err != nil || len(asked) == 0 {
			return
		}
		body := asked[1:]
		var answer [][]byte
		switch asked[0] {
		case 1: // quit
			return
		case 2: // init db
			answer = s.answer(false, func() (*Result, error) { return &Result{}, s.use(string(body)) })
		case 3:
			answer = s.answer(false, func() (*Result, error) { return s.Query(string(body)) })
		case 14: // ping
			answer = [][]byte{okPacket}
		case 0x16: // prepare
			answer = prepare(prepared, string(body))
		case 0x17: // execute
			sql, params, err := executed(prepared, body)
			if err != nil {
				answer = [][]byte{errorPacket(err)}
				break
			}
			answer = s.answer(true, func() (*Result, error) { return s.Query(sql, params...) })
		case 0x19: // close a prepared one, without an answer
			delete(prepared, binary.LittleEndian.Uint32(body))
			continue
		default:
			answer = [][]byte{errorPacket(&Error{1047, "08S01", fmt.Sprintf("Unknown command %d", asked[0])})}
		}
		if p.send(answer...) != nil {
			return
		}
	}
}

func (s *Session) use(schema string) error {
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	err := s.server.there(schema)
	if err == nil {
		s.schema = schema
	}
	return err
}

// answer makes the packets of a result.
func (s *Session) answer(binaryRows bool, run func() (*Result, error)) [][]byte {
	r, err := run()
	if err != nil {
		return [][]byte{errorPacket(err)}
	}
	if len(r.Columns) == 0 {
		return [][]byte{okPacket}
	}
	numeric := make([]bool, len(r.Columns))
	all := [][]byte{{byte(len(r.Columns))}}
	for i, name := range r.Columns {
		numeric[i] = numbers(r.Rows, i)
		all = append(all, columnPacket(name, numeric[i]))
	}
	all = append(all, eofPacket)
	for _, row := range r.Rows {
		if binaryRows {
			all = append(all, binaryRow(row, numeric))
		} else {
			all = append(all, textRow(row))
		}
	}
	return append(all, eofPacket)
}

func numbers(rows [][]any, i int) bool {
	found := false
	for _, row := range rows {
		switch row[i].(type) {
		case string:
			return false
		case int64:
			found = true
		}
	}
	return found
}

func columnPacket(name string, numeric bool) []byte {
	var b []byte
	for _, part := range []string{"def", "", "", "", name, name} {
		b = appendText(b, part)
	}
	b = append(b, 12, 45, 0, 0, 4, 0, 0)
	if numeric {
		return append(b, 8, 0, 0, 0, 0, 0) // LONGLONG
	}
	return append(b, 0xfd, 0, 0, 0, 0, 0) // VAR_STRING
}

func appendText(b []byte, s string) []byte {
	switch n := len(s); {
	case n < 251:
		b = append(b, byte(n))
	case n < 1<<16:
		b = append(b, 0xfc, byte(n), byte(n>>8))
	default:
		b = append(b, 0xfd, byte(n), byte(n>>8), byte(n>>16))
	}
	return append(b, s...)
}

func textRow(row []any) []byte {
	var b []byte
	for _, v := range row {
		if v == nil {
			b = append(b, 0xfb)
		} else {
			b = appendText(b, text(v))
		}
	}
	return b
}

func binaryRow(row []any, numeric []bool) []byte {
	nulls := make([]byte, (len(row)+9)/8)
	var values []byte
	for i, v := range row {
		switch {
		case v == nil:
			nulls[(i+2)/8] |= 1 << ((i + 2) % 8)
		case numeric[i]:
			values = binary.LittleEndian.AppendUint64(values, uint64(integer(v))) //nolint:gosec // as the protocol has it
		default:
			values = appendText(values, text(v))
		}
	}
	return append(append([]byte{0}, nulls...), values...)
}

// prepare keeps a statement. The client does not ask for its columns before it is executed.
func prepare(prepared map[uint32]string, sql string) [][]byte {
	id := uint32(1)
	for prepared[id] != "" {
		id++
	}
	prepared[id] = sql
	params := strings.Count(sql, "?")
	head := binary.LittleEndian.AppendUint32([]byte{0}, id)
	all := [][]byte{append(head, 0, 0, byte(params), 0, 0, 0, 0)}
	for range params {
		all = append(all, columnPacket("?", false))
	}
	if params > 0 {
		all = append(all, eofPacket)
	}
	return all
}

// executed reads the values of a statement's parameters: texts and whole numbers.
func executed(prepared map[uint32]string, b []byte) (string, []any, error) {
	if len(b) < 9 {
		return "", nil, &Error{1835, "HY000", "Malformed communication packet"}
	}
	sql := prepared[binary.LittleEndian.Uint32(b)]
	count := strings.Count(sql, "?")
	b = b[9:]
	if count == 0 {
		return sql, nil, nil
	}
	nulls := (count + 7) / 8
	if len(b) < nulls+1+2*count {
		return "", nil, &Error{1835, "HY000", "Malformed communication packet"}
	}
	types, values := b[nulls+1:], b[nulls+1+2*count:]
	var params []any
	for i := range count {
		switch kind := types[2*i]; {
		case b[i/8]&(1<<(i%8)) != 0:
			params = append(params, nil)
		case kind == 8 && len(values) >= 8:
			params = append(params, int64(binary.LittleEndian.Uint64(values))) //nolint:gosec // as the protocol has it
			values = values[8:]
		case len(values) > 0 && values[0] < 251 && len(values) > int(values[0]):
			n := int(values[0])
			params = append(params, string(values[1:1+n]))
			values = values[1+n:]
		default:
			return "", nil, &Error{1835, "HY000", "a parameter that the simulator cannot read"}
		}
	}
	return sql, params, nil
}
