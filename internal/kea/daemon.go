package kea

// In reports whether the release has a daemon of this kind: the control agent ended with 3.1.8 (ChangeLog 2458). An unknown
// version has them all.
func (k DaemonKind) In(v Version) bool {
	if k != CtrlAgent || v == (Version{}) {
		return true
	}
	gone, err := ParseVersion("3.1.8")
	return err != nil || v.Compare(gone) < 0
}
