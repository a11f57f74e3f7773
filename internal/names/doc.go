// Package names holds no code but a test: it checks the rules of CONTRIBUTING.md, section "Names",
// as far as a machine can, over every exported name of the repository.
package names
