// Package house holds the rules of the house as tests: who may import whom,
// what every package carries, and what no file may say.
//
// It owns no code that ships. The rules stand here a second time, beside the
// linter's (.golangci.yml), because they must hold where there is no linter:
// `go test ./...` is enough to see one broken. Files are parsed, not built, so
// code behind build tags is held to the same rules.
//
// It may import the standard library only.
package house
