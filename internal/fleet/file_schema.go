package fleet

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"reflect"
	"time"

	"github.com/invopop/jsonschema"

	"kea-lockstep/internal/kea"
)

// FileSchema is the JSON Schema of the fleet file, made from the type that
// reads it. It is published as docs/fleet.schema.json for editors.
func FileSchema() ([]byte, error) {
	r := jsonschema.Reflector{FieldNameTag: "yaml", Anonymous: true, ExpandedStruct: true, RequiredFromJSONSchemaTags: true, Mapper: textType}
	schema := r.Reflect(&File{})
	schema.Title = "The fleet file of kea-lockstep"
	text, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the schema of the fleet file: %w", err)
	}
	return append(text, '\n'), nil
}

// textType describes the types that are written as text.
func textType(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[kea.Version]():
		return &jsonschema.Schema{Type: "string", Pattern: `^\d+\.\d+\.\d+(-[A-Za-z0-9]+)?$`}
	case reflect.TypeFor[time.Duration]():
		return &jsonschema.Schema{Type: "string", Pattern: `^(\d+(\.\d+)?(ms|s|m|h))+$`}
	case reflect.TypeFor[netip.Addr]():
		return &jsonschema.Schema{Type: "string", AnyOf: []*jsonschema.Schema{{Format: "ipv4"}, {Format: "ipv6"}}}
	default:
		return nil
	}
}

// JSONSchemaExtend adds the short form, a path.
func (StagedFile) JSONSchemaExtend(s *jsonschema.Schema) {
	long := *s
	long.Required = []string{"file"}
	if p, ok := long.Properties.Get("made_from"); ok {
		p.Pattern = digest.String()
	}
	*s = jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string", MinLength: ptr(uint64(1))}, &long}}
}

// JSONSchemaExtend says that there is one way to a secret.
func (SecretSource) JSONSchemaExtend(s *jsonschema.Schema) {
	s.MinProperties, s.MaxProperties = ptr(uint64(1)), ptr(uint64(1))
}

func ptr[T any](v T) *T { return &v }
