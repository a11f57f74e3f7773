// Package names contains only tests: they check every exported name of the repository against the
// rules in the section "Names" of CONTRIBUTING.md, as far as a machine can.
package names
