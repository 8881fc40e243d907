package kea

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
)

// Schema is the version of a database schema, the one row of the table
// schema_version. The numbers of MySQL and PostgreSQL are unrelated. The zero
// value means that there is none, or that it is not known.
type Schema struct{ Major, Minor int }

var schemaText = regexp.MustCompile(`^(\d{1,6})\.(\d{1,6})$`)

// ParseSchema reads "30.0". It is not a decimal fraction: 22.10 follows 22.9.
func ParseSchema(text string) (Schema, error) {
	m := schemaText.FindStringSubmatch(text)
	if m == nil {
		return Schema{}, fmt.Errorf("%q is not a schema version, such as 30.0", text)
	}
	major, _ := strconv.Atoi(m[1]) // at most six digits
	minor, _ := strconv.Atoi(m[2])
	if major == 0 && minor == 0 { // it would read as none
		return Schema{}, fmt.Errorf("%q is no schema version that Kea ever had", text)
	}
	return Schema{Major: major, Minor: minor}, nil
}

// String is "30.0"; "unknown" for the zero value.
func (s Schema) String() string {
	if s.IsZero() {
		return "unknown"
	}
	return fmt.Sprintf("%d.%d", s.Major, s.Minor)
}

// IsZero reports whether there is no schema version.
func (s Schema) IsZero() bool { return s == Schema{} }

// Compare orders schema versions, the major number first. Kea itself accepts
// equality only (since 2.5.6 ensureSchemaVersion, before it the same rule).
func (s Schema) Compare(t Schema) int {
	return cmp.Or(cmp.Compare(s.Major, t.Major), cmp.Compare(s.Minor, t.Minor))
}

// MarshalText writes String, and nothing for the zero value.
func (s Schema) MarshalText() ([]byte, error) {
	if s.IsZero() {
		return []byte{}, nil
	}
	return []byte(s.String()), nil
}

// UnmarshalText reads what MarshalText wrote.
func (s *Schema) UnmarshalText(text []byte) error {
	if len(text) == 0 || string(text) == "unknown" {
		*s = Schema{}
		return nil
	}
	parsed, err := ParseSchema(string(text))
	if err != nil {
		return err
	}
	*s = parsed
	return nil
}
