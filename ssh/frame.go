package ssh

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// frame takes a stream apart: noise before the begin mark, the script's own
// output, and the end mark with kind and status.
type frame struct {
	begin, end []byte
	out        io.Writer // the script's own output
	noise      *bounded  // what came before the begin mark

	carry  []byte
	begun  bool
	ending bool
	ended  bool

	kind   string
	status int

	onBegin func()
	onEnd   func()
}

func newFrame(mark string, out io.Writer, onBegin, onEnd func()) *frame {
	return &frame{begin: []byte(mark + " begin\n"), end: []byte(mark + " end "), out: out,
		noise: newBounded(8 << 10), onBegin: onBegin, onEnd: onEnd}
}

// Write never fails: what the reader of out does is not the stream's affair.
func (f *frame) Write(p []byte) (int, error) {
	f.carry = append(f.carry, p...)
	if !f.begun {
		if before, after, ok := bytes.Cut(f.carry, f.begin); ok {
			_, _ = f.noise.Write(before)
			f.begun, f.carry = true, after
			f.onBegin()
		} else {
			f.carry = spill(f.carry, f.begin, f.noise)
			return len(p), nil
		}
	}
	if !f.ending {
		if before, after, ok := bytes.Cut(f.carry, f.end); ok {
			_, _ = f.out.Write(before)
			f.ending, f.carry = true, after
		} else {
			f.carry = spill(f.carry, f.end, f.out)
			return len(p), nil
		}
	}
	if line, _, ok := bytes.Cut(f.carry, []byte("\n")); ok && !f.ended {
		f.ended = true
		kind, status, _ := strings.Cut(string(line), " ")
		f.kind = kind
		f.status, _ = strconv.Atoi(status)
		f.onEnd()
	}
	if f.ended {
		f.carry = nil
	}
	return len(p), nil
}

// spill passes on all of b but an end that may be the start of the mark.
func spill(b, mark []byte, to io.Writer) []byte {
	keep := min(len(mark)-1, len(b))
	for keep > 0 && !bytes.HasPrefix(mark, b[len(b)-keep:]) {
		keep--
	}
	_, _ = to.Write(b[:len(b)-keep])
	return append(b[:0:0], b[len(b)-keep:]...)
}

// cut is called when the stream has ended: what was held back is output.
func (f *frame) cut() {
	if f.begun && !f.ending {
		_, _ = f.out.Write(f.carry)
	} else if !f.begun {
		_, _ = f.noise.Write(f.carry)
	}
	f.carry = nil
}

// bounded keeps the head and the tail of what is written to it.
type bounded struct {
	half       int
	head, tail []byte
	left       int64 // bytes left out between them
}

func newBounded(limit int) *bounded { return &bounded{half: max(limit/2, 1)} }

func (b *bounded) Write(p []byte) (int, error) {
	n := len(p)
	if room := b.half - len(b.head); room > 0 {
		take := min(room, len(p))
		b.head = append(b.head, p[:take]...)
		p = p[take:]
	}
	b.tail = append(b.tail, p...)
	if over := len(b.tail) - b.half; over > 0 && len(b.tail) >= 2*b.half {
		b.left += int64(over)
		b.tail = append(b.tail[:0:0], b.tail[over:]...)
	}
	return n, nil
}

func (b *bounded) bytes() []byte {
	over := max(len(b.tail)-b.half, 0)
	left, tail := b.left+int64(over), b.tail[over:]
	if left == 0 {
		return append(bytes.Clone(b.head), tail...)
	}
	return bytes.Join([][]byte{b.head, fmt.Appendf(nil, "\n[... %d bytes left out ...]\n", left), tail}, nil)
}

func (b *bounded) truncated() bool { return b.left > 0 || len(b.tail) > b.half }
