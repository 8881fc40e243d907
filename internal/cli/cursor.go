package cli

import (
	"slices"
	"strings"

	ufcli "github.com/urfave/cli/v2"
)

// cursor is where a command line that is being typed stands. Flags may stand anywhere, as for normalise.
type cursor struct {
	commands  []*ufcli.Command
	command   *ufcli.Command // nil: none was typed yet
	arguments int            // typed before
	flag      ufcli.Flag     // whose value is being typed; nil: none
	lead      string         // what stands before the value in its word: "--output="
	typed     string         // of the word, or of the value
	plain     bool           // after "--": no flag any more
	given     map[string]string
}

// cursorAt reads the words, the last of which is being typed.
func cursorAt(commands []*ufcli.Command, words []string) cursor {
	at := cursor{commands: commands, given: map[string]string{}}
	if len(words) == 0 {
		return at
	}
	before, typed := words[:len(words)-1], words[len(words)-1]
	wants := "" // the flag that the next word is the value of
	for _, word := range before {
		name, value, joined := flagIn(word)
		switch {
		case wants != "":
			at.give(wants, word)
			wants = ""
		case at.plain || name == "" && word != "--":
			at.argument(word)
		case word == "--":
			at.plain = true
		case joined:
			at.give(name, value)
		case at.takesValue(name):
			wants = name
		}
	}
	at.typed = typed
	name, value, joined := flagIn(typed)
	switch {
	case wants != "":
		at.flag = at.find(wants)
	case joined && !at.plain && at.takesValue(name):
		at.flag, at.typed = at.find(name), value
		at.lead = strings.TrimSuffix(typed, value)
	}
	return at
}

// flagIn gives the name of the flag that a word is, and its value where that stands in the same word. No flag has no name.
func flagIn(word string) (name, value string, joined bool) {
	if !strings.HasPrefix(word, "-") {
		return "", "", false
	}
	return strings.Cut(strings.TrimPrefix(strings.TrimPrefix(word, "-"), "-"), "=")
}

// argument takes a word that is no flag: the first is the command.
func (at *cursor) argument(word string) {
	if at.command == nil && !at.plain {
		at.command = &ufcli.Command{} // whatever it is, what follows is not the command
		if i := slices.IndexFunc(at.commands, func(c *ufcli.Command) bool { return c.HasName(word) }); i >= 0 {
			at.command = at.commands[i]
		}
		return
	}
	at.arguments++
}

// give keeps a flag's value under its first name.
func (at *cursor) give(name, value string) {
	if flag := at.find(name); flag != nil {
		at.given[flag.Names()[0]] = value
	}
}

func (at *cursor) takesValue(name string) bool { return flagsOf(at.commands)[name] }

// known are the flags of the command, or of all as long as there is none. One that several have stands there once.
func (at *cursor) known() []ufcli.Flag {
	commands := at.commands
	if at.command != nil {
		commands = []*ufcli.Command{at.command}
	}
	var all []ufcli.Flag
	for _, command := range commands {
		for _, flag := range command.Flags {
			if !slices.ContainsFunc(all, func(f ufcli.Flag) bool { return f.Names()[0] == flag.Names()[0] }) {
				all = append(all, flag)
			}
		}
	}
	return all
}

// find gives the flag of a name; nil: there is none.
func (at *cursor) find(name string) ufcli.Flag {
	for _, flag := range at.known() {
		if slices.Contains(flag.Names(), name) {
			return flag
		}
	}
	return nil
}

// flags are the flags that may stand here, by their long names; a single dash asks for the short ones too.
func (at *cursor) flags() []word {
	var all []word
	for _, flag := range at.known() {
		for _, name := range flag.Names() {
			if len(name) > 1 {
				all = append(all, word{"--" + name, strings.ReplaceAll(usageOf(flag), "`", "")})
			} else if at.typed == "-" {
				all = append(all, word{"-" + name, strings.ReplaceAll(usageOf(flag), "`", "")})
			}
		}
	}
	return all
}

func usageOf(flag ufcli.Flag) string {
	if doc, ok := flag.(ufcli.DocGenerationFlag); ok {
		return doc.GetUsage()
	}
	return ""
}

// placeholder is how a flag's usage calls its value, in backquotes, and what the usage says after it.
func placeholder(flag ufcli.Flag) (name, after string) {
	_, rest, _ := strings.Cut(usageOf(flag), "`")
	name, after, _ = strings.Cut(rest, "`")
	return name, after
}

// choices are the words that a usage names after a colon: of "of stdout: text or json", text and json.
func choices(after string) []word {
	_, list, _ := strings.Cut(after, ": ")
	var all []word
	for one := range strings.SplitSeq(strings.ReplaceAll(list, " or ", ", "), ", ") {
		all = append(all, word{text: one})
	}
	return all
}
