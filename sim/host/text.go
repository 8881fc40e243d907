package host

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/benhoyt/goawk/interp"
	"github.com/benhoyt/goawk/parser"

	"kea-lockstep/sim/shell"
)

// input gives the text of the files named, or of standard input.
func (h *Host) input(c *shell.Call, names []string) ([]byte, error) {
	if len(names) == 0 {
		return io.ReadAll(c.In())
	}
	var all []byte
	for _, name := range names {
		text, err := h.disk.Read(c.Path(name))
		if err != nil {
			return nil, err
		}
		all = append(all, text...)
	}
	return all, nil
}

// awkPrograms are those that were parsed: hundreds of servers run the same.
var awkPrograms sync.Map

func awkProgram(source string) (*parser.Program, error) {
	if known, ok := awkPrograms.Load(source); ok {
		p, _ := known.(*parser.Program)
		return p, nil
	}
	p, err := parser.ParseProgram([]byte(source), nil)
	if err == nil {
		awkPrograms.Store(source, p)
	}
	return p, err
}

// awk is goawk's.
func (h *Host) awk(c *shell.Call) int {
	config := interp.Config{Output: c.Out(), Error: c.Err(), NoExec: true, NoFileReads: true, NoFileWrites: true, Args: []string{}, Environ: []string{}}
	rest := c.Args[1:]
	for len(rest) > 1 && (rest[0] == "-F" || rest[0] == "-v") {
		name, value, _ := strings.Cut(rest[1], "=")
		if rest[0] == "-F" {
			name, value = "FS", rest[1]
		}
		config.Vars = append(config.Vars, name, value)
		rest = rest[2:]
	}
	if len(rest) == 0 || strings.HasPrefix(rest[0], "-") {
		return c.Unknown("this use of awk")
	}
	program, err := awkProgram(rest[0])
	if err != nil {
		return c.Fail(2, "%v", err)
	}
	text, err := h.input(c, rest[1:])
	if err != nil {
		return c.Fail(2, "%v", err)
	}
	config.Stdin = bytes.NewReader(text)
	status, err := interp.ExecProgram(program, &config)
	if err != nil {
		return c.Fail(2, "%v", err)
	}
	return status
}

// grep knows the options -a -E -F -l -q -s.
func (h *Host) grep(c *shell.Call) int {
	given, words, status := flags(c, "acEFlqs")
	if status != 0 {
		return status
	}
	if len(words) == 0 {
		return c.Unknown("grep without a pattern")
	}
	source := words[0]
	switch {
	case given['F']:
		source = regexp.QuoteMeta(source)
	case !given['E']:
		source = basic(source)
	}
	pattern, err := regexp.Compile(source)
	if err != nil {
		return c.Fail(2, "%v", err)
	}
	files := words[1:]
	if len(files) == 0 {
		files = []string{""}
	}
	found, lines := 1, 0
	for _, name := range files {
		var text []byte
		if name == "" {
			text, err = io.ReadAll(c.In())
		} else {
			text, err = h.disk.Read(c.Path(name))
		}
		if err != nil {
			if !given['s'] {
				return c.Fail(2, "%v", err)
			}
			continue
		}
		for line := range bytes.Lines(text) {
			if !pattern.Match(bytes.TrimSuffix(line, []byte("\n"))) {
				continue
			}
			found = 0
			if lines++; given['c'] {
				continue
			}
			if given['q'] {
				return 0
			}
			if given['l'] {
				fmt.Fprintln(c.Out(), name)
				break
			}
			fmt.Fprintf(c.Out(), "%s\n", bytes.TrimSuffix(line, []byte("\n")))
		}
	}
	if given['c'] {
		fmt.Fprintln(c.Out(), lines)
	}
	return found
}

// basic makes a basic regular expression an extended one.
func basic(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && strings.IndexByte("(){}", s[i+1]) >= 0:
			i++
			b.WriteByte(s[i])
		case s[i] == '\\' && i+1 < len(s):
			b.WriteString(s[i : i+2])
			i++
		case s[i] == '[': // a list, as it is
			end := strings.IndexByte(s[i+2:], ']')
			if end < 0 {
				b.WriteString(`\[`)
				continue
			}
			b.WriteString(s[i : i+2+end+1])
			i += 2 + end
		case strings.IndexByte("(){}+?|", s[i]) >= 0, s[i] == '*' && b.Len() == 0:
			b.WriteString(`\` + string(s[i]))
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// tr changes characters of one set into those of another.
func tr(c *shell.Call) int {
	if len(c.Args) != 3 {
		return c.Unknown("this use of tr")
	}
	letters := strings.NewReplacer(`\0`, "\x00", `\n`, "\n", `\t`, "\t")
	from, to := letters.Replace(c.Args[1]), letters.Replace(c.Args[2])
	if len(from) != len(to) || strings.ContainsAny(from+to, "-[\\") {
		return c.Unknown("these sets")
	}
	text, err := io.ReadAll(c.In())
	if err != nil {
		return c.Fail(1, "%v", err)
	}
	for i, b := range text {
		if at := strings.IndexByte(from, b); at >= 0 {
			text[i] = to[at]
		}
	}
	_, _ = c.Out().Write(text) // who reads may be gone
	return 0
}

// cut is "cut [-d C] -f N".
func (h *Host) cut(c *shell.Call) int {
	apart, field := "\t", 0
	for rest := c.Args[1:]; len(rest) > 0; rest = rest[2:] {
		if len(rest) < 2 || rest[0] != "-d" && rest[0] != "-f" {
			return c.Unknown("this use of cut")
		}
		if rest[0] == "-d" {
			apart = rest[1]
		} else {
			field, _ = strconv.Atoi(rest[1])
		}
	}
	if field < 1 {
		return c.Unknown("these fields")
	}
	lines := bufio.NewScanner(c.In())
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		f := strings.Split(lines.Text(), apart)
		switch {
		case len(f) == 1:
			fmt.Fprintln(c.Out(), f[0])
		case field <= len(f):
			fmt.Fprintln(c.Out(), f[field-1])
		default:
			fmt.Fprintln(c.Out())
		}
	}
	return 0
}

// sorted is "sort [-u]".
func sorted(c *shell.Call) int {
	given, words, status := flags(c, "u")
	if status != 0 {
		return status
	}
	if len(words) > 0 {
		return c.Unknown("this use of sort")
	}
	text, err := io.ReadAll(c.In())
	if err != nil {
		return c.Fail(1, "%v", err)
	}
	lines := slices.Sorted(strings.SplitSeq(strings.TrimSuffix(string(text), "\n"), "\n"))
	if given['u'] {
		lines = slices.Compact(lines)
	}
	if len(text) > 0 {
		fmt.Fprintln(c.Out(), strings.Join(lines, "\n"))
	}
	return 0
}

// part reads the options of head and tail: -n N, -c N, -c +N.
func part(c *shell.Call) (unit, count string, files []string, ok bool) {
	if len(c.Args) < 3 || c.Args[1] != "-n" && c.Args[1] != "-c" {
		return "", "", nil, false
	}
	_, err := strconv.Atoi(c.Args[2])
	return c.Args[1], c.Args[2], c.Args[3:], err == nil
}

// head reads no more than it gives.
func (h *Host) head(c *shell.Call) int {
	unit, count, files, ok := part(c)
	if !ok {
		return c.Unknown("this use of head")
	}
	n, _ := strconv.Atoi(count)
	from := c.In()
	if len(files) > 0 {
		text, err := h.input(c, files)
		if err != nil {
			return c.Fail(1, "%v", err)
		}
		from = bytes.NewReader(text)
	}
	if unit == "-c" {
		_, _ = io.CopyN(c.Out(), from, int64(n)) // less is no error
		return 0
	}
	lines := bufio.NewReader(from)
	for range n {
		line, err := lines.ReadString('\n')
		fmt.Fprint(c.Out(), line)
		if err != nil {
			break
		}
	}
	return 0
}

func (h *Host) tail(c *shell.Call) int {
	unit, count, files, ok := part(c)
	if !ok {
		return c.Unknown("this use of tail")
	}
	text, err := h.input(c, files)
	if err != nil {
		return c.Fail(1, "%v", err)
	}
	n, _ := strconv.Atoi(count)
	switch {
	case unit == "-c" && count[0] == '+':
		text = text[min(max(n-1, 0), len(text)):]
	case unit == "-c":
		text = text[max(len(text)-n, 0):]
	default:
		lines := bytes.SplitAfter(text, []byte("\n"))
		if len(lines[len(lines)-1]) == 0 {
			lines = lines[:len(lines)-1]
		}
		text = bytes.Join(lines[max(len(lines)-n, 0):], nil)
	}
	_, _ = c.Out().Write(text) // who reads may be gone
	return 0
}

// wc is "wc -c" of standard input.
func wc(c *shell.Call) int {
	if len(c.Args) != 2 || c.Args[1] != "-c" && c.Args[1] != "-l" {
		return c.Unknown("this use of wc")
	}
	text, err := io.ReadAll(c.In())
	if err != nil {
		return c.Fail(1, "%v", err)
	}
	n := len(text)
	if c.Args[1] == "-l" {
		n = bytes.Count(text, []byte("\n"))
	}
	fmt.Fprintln(c.Out(), n)
	return 0
}

func (h *Host) sha256sum(c *shell.Call) int {
	if len(c.Args) == 1 {
		text, err := io.ReadAll(c.In())
		if err != nil {
			return c.Fail(1, "%v", err)
		}
		fmt.Fprintf(c.Out(), "%x  -\n", sha256.Sum256(text))
		return 0
	}
	return each(c, c.Args[1:], func(name string) error {
		text, err := h.disk.Read(name)
		if err == nil {
			fmt.Fprintf(c.Out(), "%x  %s\n", sha256.Sum256(text), name)
		}
		return err
	})
}

// gzipped is "gzip -1" and "gzip -d".
func gzipped(c *shell.Call) int {
	var err error
	switch {
	case len(c.Args) == 2 && c.Args[1] == "-1":
		w := gzip.NewWriter(c.Out())
		if _, err = io.Copy(w, c.In()); err == nil {
			err = w.Close()
		}
	case len(c.Args) == 2 && c.Args[1] == "-d":
		var r *gzip.Reader
		if r, err = gzip.NewReader(c.In()); err == nil {
			_, err = io.Copy(c.Out(), r) //nolint:gosec // the simulator's own dumps
		}
	default:
		return c.Unknown("this use of gzip")
	}
	if err != nil {
		return c.Fail(1, "%v", err)
	}
	return 0
}
