// Package rooms contains only tests, which compare docs/architecture.md with the sources: the page
// names every file and folder, a package imports only packages on earlier floors of the page, and
// every internal package says what it promises and has its own tests.
package rooms
