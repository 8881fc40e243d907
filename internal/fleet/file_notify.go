package fleet

import (
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/invopop/jsonschema"
)

// Listener is somebody who is told how a run goes; exactly one of its ways is set.
type Listener struct {
	Exec    []string       `yaml:"exec,omitempty" jsonschema:"minItems=1" jsonschema_description:"A command that gets each notice, a JSON object, on its standard input."`
	Webhook *AddressSource `yaml:"webhook,omitempty" jsonschema_description:"Where the address is that each notice is posted to; never the address itself."`
}

// AddressSource tells where an address is that is a secret; exactly one of its ways is set.
type AddressSource struct {
	Env  string `yaml:"env,omitempty" jsonschema_description:"A variable of the environment."`
	File string `yaml:"file,omitempty" jsonschema_description:"A file; blanks around the address are left out."`
}

// UnmarshalYAML refuses the address itself, without repeating it.
func (a *AddressSource) UnmarshalYAML(node ast.Node) error {
	if _, ok := node.(*ast.MappingNode); !ok {
		return fail(node, "the address of a webhook is a secret, and none stands in a fleet file: write { env: NAME } or { file: PATH }")
	}
	type plain AddressSource
	if err := yaml.NodeToValue(node, (*plain)(a), yaml.Strict()); err != nil {
		return err
	}
	if (a.Env == "") == (a.File == "") {
		return fail(node, "the address of a webhook comes from one of env and file")
	}
	return nil
}

// JSONSchemaExtend says that there is one way to tell somebody.
func (Listener) JSONSchemaExtend(s *jsonschema.Schema) {
	s.MinProperties, s.MaxProperties = ptr(uint64(1)), ptr(uint64(1))
}

// JSONSchemaExtend says that there is one way to an address.
func (AddressSource) JSONSchemaExtend(s *jsonschema.Schema) {
	s.MinProperties, s.MaxProperties = ptr(uint64(1)), ptr(uint64(1))
}
