// Package playbooks holds what each platform calls things (units, programs, packages, paths) and the shell that looks at a
// server and acts on it.
//
// A playbook is a YAML file and the POSIX sh scripts that it names, all embedded. Scripts act and print; whoever runs them
// parses. They print lines: "@name" begins a section, and within it fields stand apart by tabs; contents of files are in
// base64. What a script needs to know it finds in variables, listed in its head; nothing is spliced into its text, so that what
// an operator approved is what runs. Secrets are variables too, and never arguments of a program.
//
// The package runs nothing and reaches nothing. It imports the standard library and a YAML reader, and nothing of this module.
package playbooks
