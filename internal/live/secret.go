package live

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// secret fetches a secret from where the fleet file says it is; what says whose it is. No error shows any of it.
func (f *Fleet) secret(ctx context.Context, from fleet.SecretSource, what string) (kea.Password, error) {
	switch {
	case from.Prompt:
		return f.typed(ctx, what)
	case from.Env != "":
		value, ok := os.LookupEnv(from.Env)
		if !ok || value == "" {
			return "", fmt.Errorf("the environment variable %s, which the fleet file takes a password from, is not set", from.Env)
		}
		return kea.Password(value), nil
	case from.File != "":
		text, err := os.ReadFile(from.File)
		if err != nil {
			return "", fmt.Errorf("reading a password: %w", err)
		}
		return kea.Password(strings.TrimRight(string(text), "\r\n")), nil
	case len(from.Command) > 0:
		command := exec.CommandContext(ctx, from.Command[0], from.Command[1:]...)
		var errs bytes.Buffer
		command.Stderr = &errs
		text, err := command.Output()
		if err != nil {
			return "", fmt.Errorf("the command %s, which the fleet file takes a password from: %w: %s", from.Command[0], err, tail(errs.String()))
		}
		return kea.Password(strings.TrimRight(string(text), "\r\n")), nil
	}
	return "", fmt.Errorf("the fleet file does not say where the password is")
}
