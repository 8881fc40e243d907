package fleet

import (
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// SecretSource tells where a secret is; exactly one of its ways is set.
type SecretSource struct {
	Env     string   `yaml:"env,omitempty" jsonschema_description:"A variable of the environment."`
	File    string   `yaml:"file,omitempty" jsonschema_description:"A file; a newline at its end is left out."`
	Command []string `yaml:"command,omitempty" jsonschema_description:"A command that prints it."`
	Prompt  bool     `yaml:"prompt,omitempty" jsonschema:"enum=true" jsonschema_description:"It is asked for on the terminal, once."`
}

const waysToASecret = "{ env: NAME }, { file: PATH }, { command: [...] } or { prompt: true }"

// named says whether any way is.
func (s SecretSource) named() bool {
	return s.Env != "" || s.File != "" || len(s.Command) > 0 || s.Prompt
}

// UnmarshalYAML refuses the secret itself, without repeating it.
func (s *SecretSource) UnmarshalYAML(node ast.Node) error {
	switch node.(type) {
	case *ast.MappingNode:
	default:
		return fail(node, "no secret stands in a fleet file: write "+waysToASecret)
	}
	type plain SecretSource
	if err := yaml.NodeToValue(node, (*plain)(s), yaml.Strict()); err != nil {
		return err
	}
	ways := 0
	for _, set := range []bool{s.Env != "", s.File != "", len(s.Command) > 0, s.Prompt} {
		if set {
			ways++
		}
	}
	if ways != 1 {
		return fail(node, "a secret comes from one of env, file, command and prompt")
	}
	return nil
}
