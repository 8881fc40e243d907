package ssh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/kevinburke/ssh_config"
)

// settings is the client configuration for one host: keys in lower case,
// values in order, as "ssh -G" prints them.
type settings map[string][]string

func (s settings) first(key string) string {
	if v := s[key]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// question is what the configuration is asked.
type question struct {
	address
	configFile string
	identity   string
}

// readSettings asks OpenSSH itself where it is installed, because only it
// evaluates Match, Include and canonicalisation exactly; else it reads the
// files. binary is the path of ssh, or empty.
func readSettings(ctx context.Context, binary string, q question) (settings, error) {
	if binary != "" {
		return settingsFromOpenSSH(ctx, binary, q)
	}
	return settingsFromFiles(q)
}

func settingsFromOpenSSH(ctx context.Context, binary string, q question) (settings, error) {
	args := []string{"-G"}
	add := func(flag, value string) {
		if value != "" {
			args = append(args, flag, value)
		}
	}
	config := q.configFile
	if config == "none" {
		config = os.DevNull
	}
	add("-F", config)
	add("-l", q.user)
	add("-p", q.port)
	add("-i", q.identity)
	cmd := exec.CommandContext(ctx, binary, append(args, "--", q.host)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("ssh -G %s: %w: %s", q.host, err, Printable(bytes.TrimSpace(stderr.Bytes())))
	}
	s := settings{}
	for line := range strings.Lines(string(out)) {
		key, value, _ := strings.Cut(strings.TrimRight(line, "\n"), " ")
		s[strings.ToLower(key)] = append(s[strings.ToLower(key)], value)
	}
	return s, nil
}

// fileKeys are the settings that the package uses.
var fileKeys = []string{"HostName", "User", "Port", "IdentityFile", "IdentitiesOnly", "CertificateFile",
	"IdentityAgent", "ProxyJump", "ProxyCommand", "UserKnownHostsFile", "GlobalKnownHostsFile", "HostKeyAlias", "ConnectTimeout",
	"AddressFamily", "BindAddress", "KnownHostsCommand", "HashKnownHosts"}

func settingsFromFiles(q question) (settings, error) {
	files := []string{filepath.Join(homeDir(), ".ssh", "config"), "/etc/ssh/ssh_config"}
	switch q.configFile {
	case "none":
		files = nil
	case "":
	default:
		files = []string{q.configFile}
	}
	s := settings{}
	set := func(key, value string) {
		if value != "" {
			s[key] = []string{value}
		}
	}
	set("user", q.user)
	set("port", q.port)
	set("identityfile", q.identity)
	for _, name := range files {
		text, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) && q.configFile == "" {
			continue
		}
		if err != nil {
			return nil, err
		}
		config, err := ssh_config.DecodeBytes(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if err := s.addFrom(config, q.host); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return s, nil
}

// addFrom takes what config says for host; what stands in s already wins, save
// that identities and certificates add up, as in OpenSSH.
func (s settings) addFrom(config *ssh_config.Config, host string) error {
	for _, name := range fileKeys {
		values, err := config.GetAll(host, name)
		if err != nil {
			return err
		}
		key := strings.ToLower(name)
		switch {
		case key == "identityfile" || key == "certificatefile":
			s[key] = append(s[key], values...)
		case len(values) > 0 && len(s[key]) == 0:
			s[key] = values[:1]
		}
	}
	return nil
}
