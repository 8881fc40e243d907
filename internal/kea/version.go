package kea

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
)

// Version is a version of Kea as `kea-dhcp4 -v` prints it. Versions are
// comparable with ==. The zero value means that the version is unknown.
type Version struct {
	Major, Minor, Patch int
	// Suffix is what follows the dash: "git", "beta1", "P1"; empty for a release.
	Suffix string
}

var versionText = regexp.MustCompile(`^(\d{1,4})\.(\d{1,4})\.(\d{1,4})(?:-(git|beta\d{0,4}|rc\d{0,4}|P\d{1,4}))?$`)

// ParseVersion reads "3.0.3", "2.6.3-git", "3.0.0-beta1" or "1.4.0-P1". The
// version of a package ("3.0.3-1~bpo13+1") is not a version of Kea and is refused.
func ParseVersion(text string) (Version, error) {
	m := versionText.FindStringSubmatch(text)
	if m == nil {
		return Version{}, fmt.Errorf("%q is not a version of Kea, such as 3.0.3", text)
	}
	var n [3]int
	for i := range n {
		n[i], _ = strconv.Atoi(m[i+1]) // at most four digits
	}
	v := Version{Major: n[0], Minor: n[1], Patch: n[2], Suffix: m[4]}
	if v.IsZero() { // "0.0.0" would read as unknown
		return Version{}, fmt.Errorf("%q is no version that Kea ever had", text)
	}
	return v, nil
}

// String is the version as Kea writes it; "unknown" for the zero value.
func (v Version) String() string {
	if v.IsZero() {
		return "unknown"
	}
	text := fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch)
	if v.Suffix != "" {
		text += "-" + v.Suffix
	}
	return text
}

// IsZero reports whether the version is unknown.
func (v Version) IsZero() bool { return v == Version{} }

// Stable reports whether the version belongs to a stable series: its second
// number is even (2.6, 3.0), as ISC numbers releases since 1.6.
func (v Version) Stable() bool { return !v.IsZero() && v.Minor%2 == 0 && v.rank() >= 0 }

// Compare orders versions as they follow each other: 3.0.0-beta1, 3.0.0-git,
// 3.0.0, 3.0.0-P1, 3.0.1. An unknown version comes before all others.
func (v Version) Compare(w Version) int {
	return cmp.Or(
		cmp.Compare(v.Major, w.Major),
		cmp.Compare(v.Minor, w.Minor),
		cmp.Compare(v.Patch, w.Patch),
		cmp.Compare(v.rank(), w.rank()),
		cmp.Compare(v.suffixNumber(), w.suffixNumber()),
		cmp.Compare(v.Suffix, w.Suffix),
	)
}

// AtLeast reports whether v is major.minor.patch or later. Builds before that
// release (betas, development trees) are not.
func (v Version) AtLeast(major, minor, patch int) bool {
	return v.Compare(Version{Major: major, Minor: minor, Patch: patch}) >= 0
}

// MarshalText writes String, and nothing for an unknown version.
func (v Version) MarshalText() ([]byte, error) {
	if v.IsZero() {
		return []byte{}, nil
	}
	return []byte(v.String()), nil
}

// UnmarshalText reads what MarshalText wrote.
func (v *Version) UnmarshalText(text []byte) error {
	if len(text) == 0 || string(text) == "unknown" {
		*v = Version{}
		return nil
	}
	parsed, err := ParseVersion(string(text))
	if err != nil {
		return err
	}
	*v = parsed
	return nil
}

// rank places a suffix around its release: betas, candidates and development
// trees come before it, patches of it after.
func (v Version) rank() int {
	switch {
	case v.Suffix == "":
		return 0
	case v.Suffix[0] == 'P':
		return 1
	case v.Suffix == "git":
		return -1
	case v.Suffix[0] == 'r':
		return -2
	default:
		return -3
	}
}

func (v Version) suffixNumber() int {
	digits := 0
	for digits < len(v.Suffix) && (v.Suffix[digits] < '0' || v.Suffix[digits] > '9') {
		digits++
	}
	n, _ := strconv.Atoi(v.Suffix[digits:])
	return n
}
