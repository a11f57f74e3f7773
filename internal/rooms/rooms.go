// Package rooms holds no code but a test: it holds docs/architecture.md against the sources. The
// page names every file and folder, a package imports only what the page's floors have before it,
// and every internal package says what it promises and has tests of its own.
package rooms
