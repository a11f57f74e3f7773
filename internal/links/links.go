// Package links contains only tests: every link between the repository's Markdown files leads to
// an existing file and heading, every page can be reached from the README in two clicks, a Chinese
// page has what its English page has, and no line of an English page is too wide.
package links
