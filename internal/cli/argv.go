package cli

import (
	"slices"
	"strings"

	ufcli "github.com/urfave/cli/v2"
)

// flagSet says of each flag, by each of its names, whether it takes a value.
type flagSet map[string]bool

// flagsOf collects the flags of all commands. Two commands that share a name
// share its meaning, so the command need not be known to read a flag before it.
func flagsOf(commands []*ufcli.Command) flagSet {
	set := flagSet{"h": false, "help": false}
	for _, command := range commands {
		for _, flag := range command.Flags {
			takes := true
			if doc, ok := flag.(ufcli.DocGenerationFlag); ok {
				takes = doc.TakesValue()
			}
			for _, name := range flag.Names() {
				set[name] = takes
			}
		}
	}
	return set
}

// normalise puts what was typed into the one order that urfave/cli reads
// rightly: program, command, flags, "--", arguments. Flags may stand anywhere;
// by itself the library reads a flag after an argument as an argument, and one
// before the command as unknown. Everything after a "--" is an argument.
func normalise(argv []string, flags flagSet) ([]string, error) {
	var command, given, arguments []string
	rest := argv[min(1, len(argv)):]
	for len(rest) > 0 {
		word := rest[0]
		rest = rest[1:]
		switch {
		case word == "--":
			arguments = append(arguments, rest...)
			rest = nil
		case word != "-" && strings.HasPrefix(word, "-"):
			flag, used, err := readFlag(word, rest, flags)
			if err != nil {
				return nil, err
			}
			given, rest = append(given, flag), rest[used:]
		case command == nil:
			command = []string{word}
		default:
			arguments = append(arguments, word)
		}
	}
	if len(arguments) > 0 {
		arguments = append([]string{"--"}, arguments...)
	}
	return slices.Concat([]string{"kea-lockstep"}, command, given, arguments), nil
}

// readFlag returns the flag as one word, and how many words after it were its
// value: none or one.
func readFlag(word string, after []string, flags flagSet) (string, int, error) {
	name, _, joined := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(word, "-"), "-"), "=")
	takes, known := flags[name]
	switch {
	case !known:
		return "", 0, usage("there is no flag %s", word)
	case !takes || joined:
		return word, 0, nil
	case len(after) == 0 || strings.HasPrefix(after[0], "-") && after[0] != "-":
		return "", 0, usage("%s wants a value after it", word)
	}
	return word + "=" + after[0], 1, nil
}
